import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isAppError } from '@valise/core/errors';
import { ClientError, isClientError } from '../errors/client-error.ts';
import { fakeAmbient } from '../fakes/test-ambient.ts';
import { SERVER } from '../fakes/test-server.ts';
import { type FakeAnswer, type FakeTransport, fakeTransport } from '../fakes/test-transport.ts';
import { fakeTokenStore, fakeTokens } from '../fakes/test-world.ts';
import type { TokenStore, Tokens, TransportRequest } from '../ports.ts';
import { type ApiClient, createApiClient } from './api-client.ts';

const ME = fakeTokens().user;

interface Setup {
  readonly api: ApiClient;
  readonly transport: FakeTransport;
  readonly pauses: readonly number[];
}

function client(handler: (request: TransportRequest) => FakeAnswer, tokens: TokenStore): Setup {
  const ambient = fakeAmbient();
  const transport = fakeTransport(handler);
  const api = createApiClient({ server: `${SERVER}/`, transport, tokens, ambient });
  return { api, transport, pauses: ambient.pauses };
}

function problem(status: number, code: string, extra: object = {}): FakeAnswer {
  return { status, body: { type: '', title: '', detail: 'why', status, code, ...extra } };
}

/** A server of rotating tokens: `access-n` holds only while n is the newest. */
function rotating(store: TokenStore) {
  let newest = 2;
  let refreshes = 0;
  const handler = (request: TransportRequest): FakeAnswer => {
    if (request.url.endsWith('/auth/refresh')) {
      refreshes++;
      const { refreshToken } = JSON.parse(String(request.body));
      if (refreshToken !== `refresh-${newest - 1}`) return problem(401, 'session-ended');
      const body = { accessToken: `access-${newest}`, refreshToken: `refresh-${newest}` };
      return { status: 200, body: { ...body, expiresIn: 900 } };
    }
    const right = request.headers?.authorization === `Bearer access-${newest}`;
    return right ? { status: 200, body: ME } : problem(401, 'unauthenticated');
  };
  const rotate = () => {
    newest++;
  };
  return { ...client(handler, store), rotate, refreshes: () => refreshes };
}

describe('tokens', () => {
  test('a refused token is renewed once for all who wait, and kept', async () => {
    const store = fakeTokenStore(fakeTokens());
    const { api, refreshes } = rotating(store);
    await Promise.all([api.accounts.me(), api.accounts.me(), api.accounts.me()]);
    assert.equal(refreshes(), 1);
    assert.equal((await store.load())?.refreshToken, 'refresh-2');
  });

  test('a token about to end is renewed before it is used', async () => {
    const store = fakeTokenStore(fakeTokens({ expiresAt: Date.UTC(2026, 0, 1) + 1_000 }));
    const { api, transport } = rotating(store);
    await api.accounts.me();
    assert.deepEqual(transport.log, ['POST /auth/refresh', 'GET /me']);
  });

  test('two processes of one login: the second takes what the first got', async () => {
    const store = fakeTokenStore(fakeTokens());
    const one = rotating(store);
    const two = client((request) => {
      const right = request.headers?.authorization === 'Bearer access-2';
      return right ? { status: 200, body: ME } : problem(401, 'unauthenticated');
    }, store);
    await Promise.all([one.api.accounts.me(), two.api.accounts.me()]);
    assert.equal(one.refreshes(), 1);
    assert.ok(!two.transport.log.includes('POST /auth/refresh'));
  });

  test('a login that ended says so and is not asked again and again', async () => {
    const { api, rotate, refreshes } = rotating(fakeTokenStore(fakeTokens()));
    rotate();
    await assert.rejects(api.accounts.me(), (error) => isAppError(error, 'session-ended'));
    assert.equal(refreshes(), 1);
  });

  test('no token is sent to another server, and nobody is asked without one', async () => {
    for (const tokens of [null, fakeTokens({ server: 'https://elsewhere.test' })]) {
      const { api, transport } = client(() => ({ status: 200 }), fakeTokenStore(tokens));
      await assert.rejects(api.accounts.me(), (error) => isAppError(error, 'unauthenticated'));
      assert.deepEqual(transport.log, []);
    }
  });

  test('a login is kept, a logout forgets it', async () => {
    const store = fakeTokenStore(null);
    const { user, device, accessToken, refreshToken } = fakeTokens();
    const session = { user, device, accessToken, refreshToken, expiresIn: 900 };
    const { api } = client((request) => {
      return request.url.endsWith('/auth/logout')
        ? { status: 204 }
        : { status: 200, body: session };
    }, store);
    assert.deepEqual(await api.accounts.login({ email: 'a', password: 'b' }), user);
    const expected: Tokens = fakeTokens({ expiresAt: Date.UTC(2026, 0, 1) + 900_000 });
    assert.deepEqual(await store.load(), expected);
    await api.accounts.logout();
    assert.equal(await store.load(), null);
  });
});

describe('answers', () => {
  const loggedIn = () => fakeTokenStore(fakeTokens());

  test('a problem keeps its code, detail and members', async () => {
    const { api, transport } = client(
      () => problem(409, 'parts-missing', { missing: [3] }),
      loggedIn(),
    );
    await assert.rejects(
      api.uploads.complete({ fileId: 'f', uploadId: 'u' }),
      (error) =>
        isAppError(error, 'parts-missing') &&
        error.message === 'why' &&
        Array.isArray(error.details.missing),
    );
    assert.equal(transport.log.length, 1);
  });

  test('Retry-After is obeyed within reason', async () => {
    const answers = [problem(429, 'rate-limited'), problem(429, 'rate-limited')];
    const [short, long] = ['2', '86400'].map((seconds, at) => {
      return { ...answers[at], headers: { 'retry-after': seconds } } as FakeAnswer;
    });
    const queue = [short, long];
    const { api, pauses } = client(() => queue.shift() ?? { status: 200, body: ME }, loggedIn());
    await api.accounts.me();
    assert.deepEqual(pauses, [2_125, 60_250]);
  });

  test('who waits at the terminal learns soon that nobody is there', async () => {
    const { api, transport, pauses } = client(() => {
      throw new ClientError('unreachable');
    }, loggedIn());
    await assert.rejects(api.accounts.me(), (error) => isClientError(error, 'unreachable'));
    assert.equal(transport.log.length, 4);
    assert.ok(pauses.reduce((sum, pause) => sum + pause, 0) < 2_000);
  });

  test('a transfer has more patience', async () => {
    const { api, transport } = client(() => problem(503, 'database-unavailable'), loggedIn());
    await assert.rejects(api.accounts.me({ patient: true }));
    assert.equal(transport.log.length, 14);
  });

  test('a proxy that cannot reach the server is like no server', async () => {
    const { api } = client(() => ({ status: 502, body: new Uint8Array(9) }), loggedIn());
    await assert.rejects(api.accounts.me(), (error) => isClientError(error, 'unreachable'));
  });

  test('what is not as agreed is refused, not believed', async () => {
    const wrong: FakeAnswer[] = [
      { status: 200, body: { id: 7 } },
      { status: 200, body: new TextEncoder().encode('<html>') },
      { status: 404, body: new TextEncoder().encode('<html>') },
    ];
    for (const answer of wrong) {
      const { api } = client(() => answer, loggedIn());
      await assert.rejects(api.accounts.me(), (error) => isClientError(error, 'broken-answer'));
    }
  });

  test('creating is repeated with the same id', async () => {
    const ids: string[] = [];
    const { api } = client((request) => {
      ids.push(JSON.parse(String(request.body)).id);
      if (ids.length === 1) throw new ClientError('unreachable');
      return problem(409, 'name-taken');
    }, loggedIn());
    await assert.rejects(api.files.createFolder({ name: 'a', parentId: null }));
    assert.equal(ids.length, 2);
    assert.equal(ids[0], ids[1]);
  });

  test('a list is read to its end', async () => {
    const device = { ...fakeTokens().device, createdAt: '2026-01-01T00:00:00.000Z', current: true };
    const item = { ...device, lastSeenAt: device.createdAt };
    const { api, transport } = client((request) => {
      const cursor = new URL(request.url).searchParams.get('cursor');
      return { status: 200, body: { items: [item], cursor: cursor === null ? 'a&b' : null } };
    }, loggedIn());
    assert.equal((await api.accounts.devices()).length, 2);
    assert.equal(transport.log.length, 2);
  });
});
