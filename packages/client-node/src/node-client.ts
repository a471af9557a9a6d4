import {
  type ApiClient,
  type ContentHasher,
  createApiClient,
  type TokenStore,
  type TransferDeps,
} from '@valise/client';
import { DigestThread } from './hashing/digest-thread.ts';
import { createFileHasher } from './hashing/file-hasher.ts';
import { fileTokenStore } from './login/file-token-store.ts';
import { threadedAmbient } from './node-ambient.ts';
import { nodeTransport } from './transport/node-transport.ts';

export interface NodeClientOptions {
  /** The server's base URL. */
  readonly server: string;
  /** The folder that holds the login. */
  readonly home: string;
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
export function createNodeClient({ server, home }: NodeClientOptions): NodeClient {
  const transport = nodeTransport();
  const thread = new DigestThread();
  const ambient = threadedAmbient(thread);
  const tokens = fileTokenStore(home);
  const api = createApiClient({ server, transport, tokens, ambient });
  const hasher = createFileHasher();
  return {
    api,
    tokens,
    hasher,
    transfers: { api, transport, ambient, hasher },
    async close() {
      await Promise.all([transport.close(), hasher.close(), thread.close()]);
    },
  };
}
