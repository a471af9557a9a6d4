import type { Ambient, TokenStore, Transport } from '../ports.ts';
import { type AccountsApi, createAccountsApi, refreshTokens } from './accounts-api.ts';
import { createApiHttp } from './api-http.ts';
import { type ChangesApi, createChangesApi } from './changes-api.ts';
import { createDownloadsApi, type DownloadsApi } from './downloads-api.ts';
import { createFilesApi, type FilesApi } from './files-api.ts';
import { createSession } from './session.ts';
import { createSharesApi, type SharesApi } from './shares-api.ts';
import { createUploadsApi, type UploadsApi } from './uploads-api.ts';

export interface ApiClientDeps {
  /** Base URL, e.g. `http://127.0.0.1:8420`. */
  readonly server: string;
  readonly transport: Transport;
  readonly tokens: TokenStore;
  readonly ambient: Ambient;
  /**
   * Where the refresh token is kept: by us, or (in a browser) in a cookie that no script can read,
   * which then goes with the calls by itself. Default: `tokens`.
   */
  readonly refreshTokenIn?: 'tokens' | 'cookie';
}

/**
 * The contract, typed. Answers are checked against the shared schemas. Failures are `AppError`
 * (what the server said) or ClientError `unreachable`, `stalled`, `broken-answer`; transient ones
 * have been retried already.
 */
export interface ApiClient {
  readonly server: string;
  readonly accounts: AccountsApi;
  readonly files: FilesApi;
  readonly uploads: UploadsApi;
  readonly downloads: DownloadsApi;
  readonly shares: SharesApi;
  readonly changes: ChangesApi;
  /** An access token that should hold, for connections that aren't calls. */
  accessToken(): Promise<string>;
}

export function createApiClient(deps: ApiClientDeps): ApiClient {
  const server = deps.server.replace(/\/+$/, '');
  const inCookie = deps.refreshTokenIn === 'cookie';
  const headers = inCookie ? { 'x-valise-client': 'browser' } : {};
  const http = createApiHttp({ ...deps, server, headers, session: () => session });
  const session = createSession({
    server,
    tokens: deps.tokens,
    ambient: deps.ambient,
    refresh: (refreshToken) => refreshTokens(http, inCookie ? null : refreshToken),
  });
  return {
    server,
    accounts: createAccountsApi(http, session, { inCookie }),
    files: createFilesApi(http, () => deps.ambient.newId()),
    uploads: createUploadsApi(http, () => deps.ambient.now()),
    downloads: createDownloadsApi(http),
    shares: createSharesApi(http),
    changes: createChangesApi(http),
    accessToken: () => session.accessToken(),
  };
}
