import {
  type ApiClient,
  type ContentHasher,
  createApiClient,
  type TokenStore,
  type TransferDeps,
  type Transport,
} from '@valise/client';
import { DigestThread } from './hashing/digest-thread.ts';
import { createFileHasher } from './hashing/file-hasher.ts';
import { fileTokenStore } from './login/file-token-store.ts';
import { threadedAmbient } from './node-ambient.ts';
import { ByteRate } from './transport/byte-rate.ts';
import { nodeTransport } from './transport/node-transport.ts';

export interface NodeClientOptions {
  /** The server's base URL. */
  readonly server: string;
  /** The folder that holds the login. */
  readonly home: string;
  /** Bytes a second that contents may take of the line; API calls are free. */
  readonly limits?: { readonly up?: number; readonly down?: number };
}

export interface NodeClient {
  readonly api: ApiClient;
  readonly tokens: TokenStore;
  readonly hasher: ContentHasher;
  /** For `uploadFile`, `downloadFile` and their kin. */
  readonly transfers: TransferDeps;
  close(): Promise<void>;
}

/** Everything a Node program needs to talk to one server. */
export function createNodeClient({ server, home, limits }: NodeClientOptions): NodeClient {
  const transport = nodeTransport();
  const contents = limits === undefined ? transport : limitedTransport(limits);
  const thread = new DigestThread();
  const ambient = threadedAmbient(thread);
  const tokens = fileTokenStore(home);
  const api = createApiClient({ server, transport, tokens, ambient });
  const hasher = createFileHasher();
  return {
    api,
    tokens,
    hasher,
    transfers: { api, transport: contents, ambient, hasher },
    async close() {
      await Promise.all([transport.close(), contents.close(), hasher.close(), thread.close()]);
    },
  };
}

function limitedTransport({ up, down }: NonNullable<NodeClientOptions['limits']>): Transport {
  return nodeTransport({
    ...(up === undefined ? {} : { up: new ByteRate(up) }),
    ...(down === undefined ? {} : { down: new ByteRate(down) }),
  });
}
