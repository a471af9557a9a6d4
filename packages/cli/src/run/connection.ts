import type { ApiClient, TokenStore, TransferDeps } from '@valise/client';
import { createNodeClient } from '@valise/client-node';
import { lastServer, loginDir } from '../login/last-server.ts';
import { parseServerUrl } from '../login/server-url.ts';
import { createRemoteTree, type RemoteTree } from '../paths/remote-tree.ts';
import { CliError } from './cli-error.ts';
import type { Environment } from './environment.ts';

/** One server, as whoever is logged in there. */
export interface Connection {
  /** Its origin. */
  readonly server: string;
  readonly api: ApiClient;
  readonly tokens: TokenStore;
  readonly transfer: TransferDeps;
  readonly tree: RemoteTree;
  now(): number;
  close(): Promise<void>;
}

/** Bytes a second that contents may take, each way. */
export interface TransferLimits {
  readonly up?: number;
  readonly down?: number;
}

export interface ConnectOptions {
  readonly limits?: TransferLimits;
}

/** `server`: an origin. Nothing is asked of it yet, and nobody needs to be logged in. */
export function openConnection(
  env: Environment,
  server: string,
  { signal, limits = {} }: ConnectOptions & { readonly signal: AbortSignal },
): Connection {
  const client = createNodeClient({ server, home: loginDir(env, server), limits });
  const { api, tokens, transfers } = client;
  return {
    server,
    api,
    tokens,
    transfer: transfers,
    tree: createRemoteTree(api, { signal, patient: true }),
    now: () => transfers.ambient.now(),
    close: () => client.close(),
  };
}

/** Throws `not-logged-in`, before the network is touched. */
export async function connect(
  env: Environment,
  {
    server: wanted,
    ...options
  }: ConnectOptions & { readonly server: string | null; readonly signal: AbortSignal },
): Promise<Connection> {
  const server = wanted === null ? await lastServer(env) : parseServerUrl(wanted);
  if (server === null) {
    throw new CliError('not-logged-in', 'Not logged in. Run: valise login https://…');
  }
  const connection = openConnection(env, server, options);
  if ((await connection.api.accounts.current()) !== null) return connection;
  await connection.close();
  throw new CliError('not-logged-in', `Not logged in at ${server}. Run: valise login ${server}`);
}
