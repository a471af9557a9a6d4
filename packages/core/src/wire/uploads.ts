import Type, { type Static } from 'typebox';
import { ContentEncoding, FileAnswer, StoredForm, File as WireFile } from './files.ts';
import { Bytes, ChunkId, Fingerprint, Nullable, Timestamp, Uuid } from './scalars.ts';

/** What a client sends to the store, header for header. */
export const PartRequest = Type.Object({
  method: Type.Literal('PUT'),
  url: Type.String(),
  headers: Type.Record(Type.String(), Type.String()),
  expiresAt: Timestamp,
});
export type PartRequest = Static<typeof PartRequest>;

export const PartStatus = Type.Union([Type.Literal('not-started'), Type.Literal('uploaded')]);
export type PartStatus = Static<typeof PartStatus>;

export const Part = Type.Object({
  partNumber: Type.Integer({ minimum: 1 }),
  offset: Bytes,
  size: Bytes,
  ...StoredForm,
  status: PartStatus,
  etag: Nullable(Type.String()),
  request: Type.Optional(PartRequest),
});
export type Part = Static<typeof Part>;

export const Upload = Type.Object({
  id: Uuid,
  fileId: Uuid,
  expiresAt: Timestamp,
  parts: Type.Array(Part),
});
export type Upload = Static<typeof Upload>;

/** [chunk id, size] */
export const ChunkRef = Type.Tuple([ChunkId, Type.Integer({ minimum: 1, maximum: 4194304 })]);
export type ChunkRef = Static<typeof ChunkRef>;

const PartHash = Type.String({ pattern: '^sha256:[0-9a-f]{64}$' });

export const CreateUploadRequest = Type.Object({
  id: Type.Optional(Uuid),
  fileId: Type.Optional(
    Type.String({
      format: 'uuid',
      description: 'The file that this is the next version of: name and parentId are not read then',
    }),
  ),
  name: Type.Optional(Type.String({ description: 'Required without fileId' })),
  size: Bytes,
  ...StoredForm,
  mimeType: Type.String({ minLength: 1, maxLength: 255 }),
  parentId: Type.Optional(Nullable(Uuid)),
  modifiedAt: Type.Optional(Timestamp),
  executable: Type.Optional(Type.Boolean()),
  fingerprint: Type.Optional(Nullable(Fingerprint)),
  chunks: Type.Optional(Type.Array(ChunkRef)),
  chunkCount: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000 })),
  chunkEdits: Type.Optional(
    Type.Array(
      Type.Object({
        at: Type.Integer({ minimum: 0 }),
        remove: Type.Integer({ minimum: 0 }),
        insert: Type.Array(ChunkRef),
      }),
    ),
  ),
  baseVersion: Type.Optional(Nullable(Type.Integer({ minimum: 0 }))),
  baseVerified: Type.Optional(Type.Boolean()),
  pin: Type.Optional(Type.Boolean()),
  partHash: Type.Optional(PartHash),
});
export type CreateUploadRequest = Static<typeof CreateUploadRequest>;

export const UploadAnswer = Type.Object({ file: WireFile, upload: Nullable(Upload) });
export type UploadAnswer = Static<typeof UploadAnswer>;

const UploadRef = { uploadId: Type.Optional(Uuid) };

export const UploadQuery = Type.Object(UploadRef);
export type UploadQuery = Static<typeof UploadQuery>;

export const PartUrlsRequest = Type.Object({
  ...UploadRef,
  partNumbers: Type.Array(Type.Integer({ minimum: 1 }), { minItems: 1, maxItems: 500 }),
  hashes: Type.Optional(Type.Record(Type.String({ pattern: '^[1-9][0-9]*$' }), PartHash)),
});
export type PartUrlsRequest = Static<typeof PartUrlsRequest>;

export const PartsAnswer = Type.Object({ parts: Type.Array(Part) });
export type PartsAnswer = Static<typeof PartsAnswer>;

export const ClaimPartsRequest = Type.Object({
  ...UploadRef,
  parts: Type.Array(
    Type.Object({
      partNumber: Type.Integer({ minimum: 1 }),
      etag: Type.String({ maxLength: 256 }),
    }),
    { minItems: 1, maxItems: 10_000 },
  ),
});
export type ClaimPartsRequest = Static<typeof ClaimPartsRequest>;

export const ClaimedPart = Type.Object({
  partNumber: Type.Integer({ minimum: 1 }),
  status: PartStatus,
  etag: Nullable(Type.String()),
});
export const ClaimPartsAnswer = Type.Object({ parts: Type.Array(ClaimedPart) });
export type ClaimPartsAnswer = Static<typeof ClaimPartsAnswer>;

export const CompleteUploadRequest = Type.Object(UploadRef);
export type CompleteUploadRequest = Static<typeof CompleteUploadRequest>;

export const ChunkRecordsQuery = Type.Object({
  ...UploadRef,
  from: Type.Optional(Type.Integer({ minimum: 0, default: 0 })),
});
export type ChunkRecordsQuery = Static<typeof ChunkRecordsQuery>;

export const ChunkRecordsAnswer = Type.Object({
  received: Type.Integer({ description: 'Records held so far, from the first on' }),
});
export type ChunkRecordsAnswer = Static<typeof ChunkRecordsAnswer>;

/** What this server can do that another, or the same with another configuration, can't. */
export const Capabilities = Type.Object({
  contentEncodings: Type.Array(ContentEncoding, {
    description: 'In which small contents may be sent: whoever cannot read them gets them decoded',
  }),
});
export type Capabilities = Static<typeof Capabilities>;

export const BATCH_LIMIT = 256;

/** Items are validated one by one, so that one bad item fails alone. */
export const CreateUploadsRequest = Type.Object({
  files: Type.Array(Type.Unknown(), { minItems: 1, maxItems: BATCH_LIMIT }),
});

/** A failed request's place in a batch. */
export const BatchError = Type.Object({
  error: Type.Object(
    { status: Type.Integer(), code: Type.String(), title: Type.String(), detail: Type.String() },
    { additionalProperties: true },
  ),
});
export type BatchError = Static<typeof BatchError>;

export const CreateUploadsAnswer = Type.Object({
  results: Type.Array(Type.Union([UploadAnswer, BatchError])),
});
export type CreateUploadsAnswer = Static<typeof CreateUploadsAnswer>;

export const CompleteUploadsRequest = Type.Object({
  uploads: Type.Array(Type.Object({ fileId: Uuid, uploadId: Type.Optional(Uuid) }), {
    minItems: 1,
    maxItems: BATCH_LIMIT,
  }),
});
export type CompleteUploadsRequest = Static<typeof CompleteUploadsRequest>;

export const CompleteUploadsAnswer = Type.Object({
  results: Type.Array(Type.Union([FileAnswer, BatchError])),
});
export type CompleteUploadsAnswer = Static<typeof CompleteUploadsAnswer>;
