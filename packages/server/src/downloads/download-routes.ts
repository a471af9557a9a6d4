import { parseFingerprint } from '@valise/core/chunking';
import {
  ChunkEditsAnswer,
  ChunkPage,
  ChunksQuery,
  DownloadUrlsAnswer,
  DownloadUrlsRequest,
  FileDetail,
  FileDetailQuery,
  Uuid,
} from '@valise/core/wire';
import Type from 'typebox';
import { parseFileId } from '../files/parse-fields.ts';
import type { App } from '../http/app.ts';
import { batchResults } from '../http/batch-results.ts';
import { problems } from '../http/problem-responses.ts';
import { requireVisible } from '../tree/visible-file.ts';
import { findPendingUploadView } from '../uploads/pending-view.ts';
import { chunkEditsSince } from './chunk-edits.ts';
import { chunkSourceOf, readChunks, readRecords } from './chunk-source.ts';
import type { DownloadDeps } from './download-deps.ts';
import { downloadUrls } from './download-urls.ts';
import { describeFile } from './file-detail.ts';

/** 0.8 MB of JSON. */
const MAX_ITEMS = 10_000;
/** 3.6 MB. */
const MAX_RECORDS = 100_000;
const OCTETS = 'application/octet-stream';

const Records = Type.Unsafe<Uint8Array>({ type: 'string', format: 'binary' });

/** Reading: what a file consists of, and where its bytes are. */
export function downloadRoutes(deps: DownloadDeps): (app: App) => void {
  return (app) => {
    for (const addRoute of [detailRoute, chunksRoute, urlsRoute]) addRoute(app, deps);
  };
}

function detailRoute(app: App, deps: DownloadDeps): void {
  app.get(
    '/files/:id',
    {
      schema: {
        operationId: 'getFile',
        summary: 'A file, its first 1,000 chunks and its download URL',
        tags: ['Downloads'],
        params: Type.Object({ id: Uuid }),
        querystring: FileDetailQuery,
        response: { 200: FileDetail, ...problems('malformed-request', 'file-not-found') },
      },
    },
    ({ caller, params, query }) => {
      return describeFile(deps, caller, { id: parseFileId(params.id), chunks: query.chunks });
    },
  );
}

function chunksRoute(app: App, deps: DownloadDeps): void {
  app.get(
    '/files/:id/chunks',
    {
      schema: {
        operationId: 'listChunks',
        summary: 'What a file consists of',
        description:
          'At most 10,000 chunks, or with `Accept: application/octet-stream` 100,000 records ' +
          '(32-byte digest, unsigned 32-bit big-endian size). `since` answers the difference ' +
          'to that version instead, `sinceFingerprint` that to the version with this content.',
        tags: ['Downloads'],
        params: Type.Object({ id: Uuid }),
        querystring: ChunksQuery,
        response: {
          200: {
            content: {
              'application/json': { schema: Type.Union([ChunkPage, ChunkEditsAnswer]) },
              [OCTETS]: { schema: Records },
            },
          },
          ...problems('malformed-request', 'file-not-found', 'version-unknown'),
        },
      },
    },
    async ({ caller, params, query, headers }, reply) => {
      const id = parseFileId(params.id);
      const { since, sinceFingerprint, from = 0 } = query;
      if (since !== undefined) return chunkEditsSince(deps, caller, { id, since });
      if (sinceFingerprint !== undefined) {
        return chunkEditsSince(deps, caller, { id, since: parseFingerprint(sinceFingerprint) });
      }
      const file = await requireVisible(deps.db, caller.userId, id);
      const pending = file.object === null ? await findPendingUploadView(deps, caller, id) : null;
      const source = await chunkSourceOf(deps.db, file, pending);
      if (headers.accept?.includes(OCTETS)) {
        const limit = Math.min(query.limit ?? MAX_RECORDS, MAX_RECORDS);
        return reply.type(OCTETS).send(await readRecords(source, { from, limit }));
      }
      const limit = Math.min(query.limit ?? MAX_ITEMS, MAX_ITEMS);
      const items = await readChunks(source, { from, limit });
      const next = from + items.length;
      return { items, cursor: items.length > 0 && next < source.total ? String(next) : null };
    },
  );
}

function urlsRoute(app: App, deps: DownloadDeps): void {
  app.post(
    '/files/download-urls',
    {
      schema: {
        operationId: 'createDownloadUrls',
        summary: 'Fresh download URLs for up to 256 files',
        description:
          'With `cookies: true` a browser asks for cookies where the CDN takes them: they open files ' +
          'that were uploaded together, whose results then say `needsCookies` and are to be fetched ' +
          'with credentials; names and types are not told there. All others are signed as ever.',
        tags: ['Downloads'],
        body: DownloadUrlsRequest,
        response: { 200: DownloadUrlsAnswer, ...problems('malformed-request', 'invalid-value') },
      },
    },
    async (request, reply) => {
      const { answers, setCookies } = await downloadUrls(deps, request.caller, request.body);
      if (setCookies.length > 0) reply.header('set-cookie', setCookies);
      return { results: batchResults(request, answers) };
    },
  );
}
