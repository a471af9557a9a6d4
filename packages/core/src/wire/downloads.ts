import Type, { type Static } from 'typebox';
import { File } from './files.ts';
import { Bytes, ChunkId, Cursor, Fingerprint, Nullable, Timestamp, Uuid } from './scalars.ts';
import { BATCH_LIMIT, BatchError, ChunkRef, PartStatus, Upload } from './uploads.ts';

export const Chunk = Type.Object({
  id: ChunkId,
  offset: Bytes,
  size: Bytes,
  status: PartStatus,
  etag: Nullable(Type.String()),
});
export type Chunk = Static<typeof Chunk>;

export const FileDetail = Type.Object({
  file: File,
  chunks: Type.Array(Chunk),
  chunksTotal: Type.Integer(),
  upload: Nullable(Upload),
  downloadUrl: Nullable(Type.String()),
  downloadUrlExpiresAt: Nullable(Timestamp),
});
export type FileDetail = Static<typeof FileDetail>;

/** More are listed by `GET /files/{id}/chunks`. */
export const CHUNKS_SHOWN = 1_000;

export const FileDetailQuery = Type.Object({
  chunks: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: CHUNKS_SHOWN,
      default: CHUNKS_SHOWN,
      description: 'How many chunks to list: none for whoever has them already',
    }),
  ),
});

export const ChunksQuery = Type.Object({
  from: Type.Optional(Type.Integer({ minimum: 0, default: 0 })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000 })),
  since: Type.Optional(Type.Integer({ minimum: 0 })),
  sinceFingerprint: Type.Optional(Fingerprint),
});
export type ChunksQuery = Static<typeof ChunksQuery>;

export const ChunkPage = Type.Object({ items: Type.Array(Chunk), cursor: Nullable(Cursor) });
export type ChunkPage = Static<typeof ChunkPage>;

/** What turns one version's chunk list into the list of `version`. */
export const ChunkEditsAnswer = Type.Object({
  version: Type.Integer(),
  chunkEdits: Type.Array(
    Type.Object({
      at: Type.Integer({ description: 'Number of a chunk of the older version' }),
      remove: Type.Integer(),
      insert: Type.Array(ChunkRef),
    }),
  ),
});
export type ChunkEditsAnswer = Static<typeof ChunkEditsAnswer>;

export const DownloadUrlsRequest = Type.Object({
  fileIds: Type.Array(Uuid, { minItems: 1, maxItems: BATCH_LIMIT }),
  cookies: Type.Optional(
    Type.Boolean({
      description:
        'A browser that will send cookies along: where the CDN takes them, the answer sets some that ' +
        'open many of the files at once',
    }),
  ),
});
export type DownloadUrlsRequest = Static<typeof DownloadUrlsRequest>;

export const DownloadUrl = Type.Object({
  fileId: Uuid,
  downloadUrl: Type.String(),
  downloadUrlExpiresAt: Timestamp,
  needsCookies: Type.Optional(
    Type.Literal(true, {
      description: 'The URL is not signed: cookies that this answer set open it, until it expires',
    }),
  ),
});
export type DownloadUrl = Static<typeof DownloadUrl>;

export const DownloadUrlsAnswer = Type.Object({
  results: Type.Array(Type.Union([DownloadUrl, BatchError])),
});
export type DownloadUrlsAnswer = Static<typeof DownloadUrlsAnswer>;
