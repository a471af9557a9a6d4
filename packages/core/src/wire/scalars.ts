import Type, { type TSchema } from 'typebox';

/** `T` or null. */
export const Nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

export const Uuid = Type.String({ format: 'uuid', description: 'A UUID; ids made here are v7' });
export const Timestamp = Type.String({
  format: 'date-time',
  description: 'RFC 3339, UTC, milliseconds',
});
export const Bytes = Type.Integer({
  minimum: 0,
  maximum: Number.MAX_SAFE_INTEGER,
  description: 'Bytes',
});
export const ChunkId = Type.String({
  pattern: '^sha256:[0-9a-f]{64}$',
  description: 'SHA-256 of the chunk’s bytes',
});
export const Fingerprint = Type.String({
  pattern: '^[a-z0-9]{1,8}:[0-9a-f]{64}$',
  description: '`v1:` + SHA-256 over the chunks’ 32-byte digests in order',
});
export const Cursor = Type.String({ maxLength: 1024, description: 'Opaque; null at the end' });
export const Role = Type.Union(
  [Type.Literal('owner'), Type.Literal('editor'), Type.Literal('viewer')],
  { description: 'The caller’s role' },
);

/** `{items, cursor}`: every list answers so. */
export const page = <T extends TSchema>(item: T) =>
  Type.Object({ items: Type.Array(item), cursor: Nullable(Cursor) });

export const PageQuery = Type.Object({
  cursor: Type.Optional(Cursor),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 100 })),
});
