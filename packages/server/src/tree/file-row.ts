import type { DeviceId, FileId, ObjectId, UserId } from '@valise/core/ids';
import type { FileName } from '@valise/core/names';
import { type RawBuilder, sql } from 'kysely';
import type { DeletionId, FileKind, FileStatus } from '../db/tables.ts';

/** A row of `files`. */
export interface FileRow {
  readonly id: FileId;
  readonly ownerId: UserId;
  readonly createdBy: UserId;
  readonly parentId: FileId | null;
  readonly kind: FileKind;
  readonly status: FileStatus;
  readonly name: FileName;
  readonly nameKey: string;
  readonly target: string | null;
  readonly executable: boolean;
  readonly size: number;
  readonly mimeType: string | null;
  readonly objectId: ObjectId | null;
  readonly version: number;
  readonly versionUserId: UserId | null;
  readonly versionDeviceId: DeviceId | null;
  readonly versionAt: Date | null;
  readonly modifiedAt: Date;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly deletionId: DeletionId | null;
  readonly requestHash: Buffer | null;
  /** People whom its owner shared it with by itself. */
  readonly sharedWith: number;
}

/** Selects `files AS f` in the shape of `FileRow`: no further parsing, rows are ours already. */
export const fileColumns: RawBuilder<FileRow> = sql`
  f.id, f.owner_id AS "ownerId", f.created_by AS "createdBy", f.parent_id AS "parentId",
  f.kind, f.status, f.name, f.name_key AS "nameKey", f.target, f.executable, f.size,
  f.mime_type AS "mimeType", f.object_id AS "objectId", f.version,
  f.version_user_id AS "versionUserId", f.version_device_id AS "versionDeviceId",
  f.version_at AS "versionAt", f.modified_at AS "modifiedAt", f.created_at AS "createdAt",
  f.updated_at AS "updatedAt", f.deletion_id AS "deletionId", f.request_hash AS "requestHash",
  f.shared_with AS "sharedWith"`;

/** `f` is in the tree for everyone to see: neither in the trash nor awaiting its first content. */
export const isLive: RawBuilder<boolean> = sql`
  f.status = 'uploaded' AND f.deletion_id IS NULL`;

/**
 * `f` lies directly in this folder, or in the owner's root for null. Spelled in two ways because
 * no index serves IS NOT DISTINCT FROM.
 */
export function liesIn(ownerId: UserId, parentId: FileId | null): RawBuilder<boolean> {
  const parent = parentId === null ? sql`f.parent_id IS NULL` : sql`f.parent_id = ${parentId}`;
  return sql`f.owner_id = ${ownerId} AND ${parent}`;
}
