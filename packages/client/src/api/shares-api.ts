import {
  type File,
  FilePage,
  type Share,
  type SharedFile,
  SharedFilePage,
  SharePage,
  type ShareRequest,
  SharesAnswer,
} from '@valise/core/wire';
import type { ApiHttp, CallOptions } from './api-http.ts';
import { filePath, PAGE_LIMIT } from './files-api.ts';
import { everyItem } from './pages.ts';

/** Who sees what, beyond its owner. */
export interface SharesApi {
  /**
   * Shares with people by e-mail address or id; again, to change their role. Throws
   * `unknown-users` with `details.users`; then nobody got anything.
   */
  share(fileId: string, request: ShareRequest, options?: CallOptions): Promise<Share[]>;
  /** Everyone it is shared with, by itself or with a folder above: one item for each way. */
  list(fileId: string, options?: CallOptions): Promise<Share[]>;
  /** Ends one person's share; one's own: leaves. */
  remove(fileId: string, userId: string, options?: CallOptions): Promise<void>;
  /** What others share with the caller, newest first. */
  sharedWithMe(options?: CallOptions): Promise<SharedFile[]>;
  /** What the caller has shared, newest files first. */
  sharedByMe(options?: CallOptions): Promise<File[]>;
}

export function createSharesApi(http: ApiHttp): SharesApi {
  return {
    async share(fileId, body, options) {
      const path = `${filePath(fileId)}/share`;
      return (await http.json({ method: 'POST', path, body }, SharesAnswer, options)).body.shares;
    },
    list: (fileId, options) =>
      everyItem(async (cursor) => {
        const path = `${filePath(fileId)}/shares`;
        return (await http.json({ method: 'GET', path, query: { cursor } }, SharePage, options))
          .body;
      }),
    remove: (fileId, userId, options) =>
      http.none(
        { method: 'DELETE', path: `${filePath(fileId)}/shares/${encodeURIComponent(userId)}` },
        options,
      ),
    sharedWithMe: (options) =>
      everyItem(async (cursor) => {
        const path = '/files/shared-with-me';
        const request = { method: 'GET', path, query: { cursor, limit: PAGE_LIMIT } } as const;
        return (await http.json(request, SharedFilePage, options)).body;
      }),
    sharedByMe: (options) =>
      everyItem(async (cursor) => {
        const path = '/files/shared-by-me';
        const request = { method: 'GET', path, query: { cursor, limit: PAGE_LIMIT } } as const;
        return (await http.json(request, FilePage, options)).body;
      }),
  };
}
