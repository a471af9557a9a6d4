import type { DeviceId, FileId, UploadId, UserId } from '@valise/core/ids';
import type { FileName } from '@valise/core/names';
import type { ContentEncoding } from '@valise/core/wire';
import { type RawBuilder, sql } from 'kysely';

export type BaseMode = 'any' | 'none' | 'version';
export type UploadState = 'pending' | 'done' | 'cancelled';

/**
 * A row of `uploads`: one content on its way to the store. `fileId` is the live file it was begun
 * for, or the `uploading` one made with it. One part is a plain PUT and has no store upload.
 */
export interface UploadRow {
  readonly id: UploadId;
  readonly requestId: string | null;
  readonly requestHash: Buffer | null;
  readonly fileId: FileId;
  readonly ownerId: UserId;
  readonly userId: UserId;
  readonly deviceId: DeviceId;
  readonly parentId: FileId | null;
  readonly name: FileName;
  readonly nameKey: string;
  readonly size: number;
  /** Bytes of the object where the client compressed it; else null, as is `contentEncoding`. */
  readonly storedSize: number | null;
  readonly contentEncoding: ContentEncoding | null;
  readonly mimeType: string;
  readonly executable: boolean;
  readonly modifiedAt: Date | null;
  readonly fingerprint: Buffer | null;
  readonly recipe: string | null;
  /** Null when the client gives no chunk list. */
  readonly chunkCount: number | null;
  readonly chunksReceived: number;
  readonly baseMode: BaseMode;
  readonly baseVersion: number | null;
  readonly pin: boolean;
  /** The store's name: another one may have been configured since. */
  readonly store: string;
  readonly objectKey: string;
  readonly storeUploadId: string | null;
  readonly partSize: number;
  /** Those that the client sends. */
  readonly partCount: number;
  /** Put together by a plan, which tells the parts; else they are equal ranges of the file. */
  readonly assembled: boolean;
  readonly state: UploadState;
  readonly resultFileId: FileId | null;
  readonly expiresAt: Date;
}

/** Selects `uploads AS u` in the shape of `UploadRow`. */
export const uploadColumns: RawBuilder<UploadRow> = sql`
  u.id, u.request_id AS "requestId", u.request_hash AS "requestHash", u.file_id AS "fileId",
  u.owner_id AS "ownerId", u.user_id AS "userId", u.device_id AS "deviceId",
  u.parent_id AS "parentId", u.name, u.name_key AS "nameKey", u.size,
  u.stored_size AS "storedSize", u.content_encoding AS "contentEncoding", u.mime_type AS "mimeType",
  u.executable, u.modified_at AS "modifiedAt", u.fingerprint, u.recipe,
  u.chunk_count AS "chunkCount",
  CASE WHEN u.chunk_count IS NULL THEN 0 ELSE (
    SELECT coalesce(sum(c.count), 0)::integer FROM upload_chunks c WHERE c.upload_id = u.id
  ) END AS "chunksReceived",
  u.base_mode AS "baseMode", u.base_version AS "baseVersion", u.pin, u.store,
  u.object_key AS "objectKey", u.store_upload_id AS "storeUploadId", u.part_size AS "partSize",
  u.part_count AS "partCount", u.assembled, u.state, u.result_file_id AS "resultFileId",
  u.expires_at AS "expiresAt"`;

/** What the store is to hold. */
export function objectSize({ size, storedSize }: Pick<UploadRow, 'size' | 'storedSize'>): number {
  return storedSize ?? size;
}

/** One PUT rather than a multipart upload. */
export function isSingle(row: Pick<UploadRow, 'partCount' | 'assembled'>): boolean {
  return row.partCount === 1 && !row.assembled;
}

/** Pieces of a list never overlap, so the count tells whether it is whole. */
export function hasWholeChunkList(row: UploadRow): boolean {
  return row.chunkCount === null || row.chunksReceived === row.chunkCount;
}
