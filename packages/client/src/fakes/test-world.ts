import { createApiClient } from '../api/api-client.ts';
import { createStreamHasher } from '../hashing/stream-hasher.ts';
import type { TokenStore, Tokens } from '../ports.ts';
import type { TransferDeps } from '../transfer/transfer-deps.ts';
import { type FakeAmbient, fakeAmbient } from './test-ambient.ts';
import { FakeServer, SERVER } from './test-server.ts';
import { type FakeTransport, fakeTransport } from './test-transport.ts';

export interface FakeWorld {
  readonly deps: TransferDeps;
  readonly ambient: FakeAmbient;
  readonly server: FakeServer;
  readonly transport: FakeTransport;
}

/** A logged-in client, its server and its store, with a clock that passes at once. */
export function fakeWorld(): FakeWorld {
  const ambient = fakeAmbient();
  const server = new FakeServer(() => ambient.now());
  const transport = fakeTransport((request) => server.handle(request));
  const tokens = fakeTokenStore(fakeTokens());
  const api = createApiClient({ server: SERVER, transport, tokens, ambient });
  const hasher = createStreamHasher(ambient);
  return { deps: { api, transport, ambient, hasher }, ambient, server, transport };
}

export function fakeTokens(change: Partial<Tokens> = {}): Tokens {
  return {
    server: SERVER,
    user: { id: '01900000-0000-7000-8000-000000000001', email: 'ann@example.org', name: 'Ann' },
    device: { id: '01900000-0000-7000-8000-000000000002', name: 'laptop' },
    accessToken: 'access-1',
    refreshToken: 'refresh-1',
    expiresAt: Date.UTC(2027, 0, 1),
    ...change,
  };
}

export function fakeTokenStore(initial: Tokens | null): TokenStore {
  let tokens = initial;
  let tail: Promise<unknown> = Promise.resolve();
  return {
    load: async () => tokens,
    save: async (next) => {
      tokens = next;
    },
    clear: async () => {
      tokens = null;
    },
    exclusively(work) {
      const turn = tail.then(work, work);
      tail = turn;
      return turn;
    },
  };
}
