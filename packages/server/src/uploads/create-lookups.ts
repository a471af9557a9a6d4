import type { DeviceId, FileId, UserId } from '@valise/core/ids';
import { sql } from 'kysely';
import type { Db, Tx } from '../db/database.ts';
import type { FileStatus } from '../db/tables.ts';
import type { Caller } from '../http/app.ts';
import { type UploadRow, uploadColumns } from './upload-row.ts';

/** What these requests became when they came before. Done and pending ones. */
export async function findByRequest(
  db: Db | Tx,
  userId: UserId,
  requestIds: readonly string[],
): Promise<Map<string, UploadRow>> {
  if (requestIds.length === 0) return new Map();
  const { rows } = await sql<UploadRow>`
    SELECT ${uploadColumns} FROM uploads u
    WHERE u.user_id = ${userId} AND u.request_id = ANY(${requestIds}::uuid[])`.execute(db);
  return new Map(rows.map((row) => [row.requestId ?? '', row]));
}

export interface PendingRow extends UploadRow {
  /** Of the file that it was begun for. */
  readonly targetStatus: FileStatus;
}

/**
 * Pending uploads of this device under these names, in whatever folder; newest first. Only those
 * that can still become what they were begun as: their file was not removed for good, nor taken
 * away, and has not got another name or place.
 */
export async function findPendingByName(
  tx: Tx,
  device: { readonly userId: UserId; readonly deviceId: DeviceId; readonly store: string },
  nameKeys: readonly string[],
): Promise<Map<string, readonly PendingRow[]>> {
  const { userId, deviceId, store } = device;
  const { rows } = await sql<PendingRow>`
    SELECT ${uploadColumns}, f.status AS "targetStatus"
    FROM uploads u JOIN files f ON f.id = u.file_id
    WHERE u.user_id = ${userId} AND u.device_id = ${deviceId} AND u.state = 'pending'
      AND u.name_key = ANY(${nameKeys}::text[]) AND u.store = ${store}
      AND (f.status = 'uploading'
        OR (f.name_key = u.name_key AND f.parent_id IS NOT DISTINCT FROM u.parent_id))
      AND (f.deletion_id IS NULL OR f.owner_id = u.user_id)
    ORDER BY u.created_at DESC`.execute(tx);
  return Map.groupBy(rows, (row) => row.nameKey);
}

/** Ids that a client chose and that something has already. */
export async function findTakenIds(tx: Tx, ids: readonly string[]): Promise<ReadonlySet<string>> {
  if (ids.length === 0) return new Set();
  const { rows } = await sql<{ id: string }>`
    SELECT id FROM files WHERE id = ANY(${ids}::uuid[])`.execute(tx);
  return new Set(rows.map((row) => row.id));
}

/** Whose trees these folders and files belong to, null being the caller's root: to be locked before anything about them is believed. */
export async function findOwners(
  db: Db | Tx,
  caller: Caller,
  items: readonly (FileId | null)[],
): Promise<readonly UserId[]> {
  const ids = items.filter((id) => id !== null);
  const own = ids.length < items.length ? [caller.userId] : [];
  if (ids.length === 0) return own;
  const { rows } = await sql<{ ownerId: UserId }>`
    SELECT DISTINCT owner_id AS "ownerId" FROM files WHERE id = ANY(${ids}::uuid[])`.execute(db);
  return [...own, ...rows.map((row) => row.ownerId)];
}
