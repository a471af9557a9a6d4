import {
  ChunkEditsAnswer,
  type DownloadUrl,
  DownloadUrlsAnswer,
  FileDetail,
} from '@valise/core/wire';
import type { ApiHttp, CallOptions } from './api-http.ts';
import { filePath } from './files-api.ts';
import { type BatchResult, inOrder, orError } from './uploads-api.ts';

export interface DownloadsApi {
  /** The file, its first 1,000 chunks, the caller's pending upload and a download URL. */
  detail(fileId: string, options?: CallOptions): Promise<FileDetail>;
  /** The same without its chunks: a small answer, whatever the file's size. */
  link(fileId: string, options?: CallOptions): Promise<FileDetail>;
  /**
   * What turns the chunk list of another version (its number, or its fingerprint) into the current
   * one's. Throws `version-unknown`.
   */
  editsSince(
    fileId: string,
    since: number | string,
    options?: CallOptions,
  ): Promise<ChunkEditsAnswer>;
  /** Packed chunk records from number `from` on, at most 100,000; none at the end. */
  chunkRecords(fileId: string, from: number, options?: CallOptions): Promise<Uint8Array>;
  /** For up to 256 files. `cookies`: some links may need those that the answer sets. */
  urls(
    fileIds: readonly string[],
    options?: CallOptions & { readonly cookies?: boolean },
  ): Promise<BatchResult<DownloadUrl>[]>;
}

const RECORDS_LIMIT = 100_000;

export function createDownloadsApi(http: ApiHttp): DownloadsApi {
  return {
    async detail(fileId, options) {
      const request = { method: 'GET', path: filePath(fileId) } as const;
      return (await http.json(request, FileDetail, options)).body;
    },
    async link(fileId, options) {
      const request = { method: 'GET', path: filePath(fileId), query: { chunks: 0 } } as const;
      return (await http.json(request, FileDetail, options)).body;
    },
    async editsSince(fileId, since, options) {
      const query = typeof since === 'number' ? { since } : { sinceFingerprint: since };
      const request = { method: 'GET', path: `${filePath(fileId)}/chunks`, query } as const;
      return (await http.json(request, ChunkEditsAnswer, options)).body;
    },
    chunkRecords: (fileId, from, options) =>
      http.bytes(
        {
          method: 'GET',
          path: `${filePath(fileId)}/chunks`,
          query: { from, limit: RECORDS_LIMIT },
          accept: 'application/octet-stream',
        },
        options,
      ),
    async urls(fileIds, { cookies = false, ...options } = {}) {
      const path = '/files/download-urls';
      const wanted = cookies ? { fileIds, cookies } : { fileIds };
      const request = { method: 'POST', path, body: wanted } as const;
      const { body } = await http.json(request, DownloadUrlsAnswer, options);
      return inOrder(body.results, fileIds.length).map((result) => orError<DownloadUrl>(result));
    },
  };
}
