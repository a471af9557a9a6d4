import { AppError } from '@valise/core/errors';
import type { FileId, UserId } from '@valise/core/ids';
import { sql } from 'kysely';
import type { Db, Tx } from '../db/database.ts';
import type { Role } from '../db/tables.ts';
import { roleOf } from './role-of.ts';
import {
  joinContent,
  toVisibleFile,
  type VisibleColumns,
  type VisibleFile,
  visibleColumns,
} from './visible-file.ts';

/**
 * The trash belongs to the owner of the tree. Others see there what they deleted themselves, for
 * as long as they may edit where it lay: theirs to undo. Null for what isn't in the trash so.
 */
export async function findTrashed(
  db: Db | Tx,
  userId: UserId,
  id: FileId,
): Promise<VisibleFile | null> {
  const { rows } = await sql<VisibleColumns>`
    SELECT ${visibleColumns(sql`r.role`, userId)},
      d.deleted_at AS "deletedAt", d.deleted_by AS "deletedBy"
    FROM files f ${joinContent} JOIN deletions d ON d.id = f.deletion_id
    CROSS JOIN LATERAL (SELECT ${roleOf(userId, 'f')} AS role OFFSET 0) r
    WHERE f.id = ${id}
      AND (r.role = 'owner' OR (r.role = 'editor' AND d.deleted_by = ${userId}))`.execute(db);
  return rows[0] === undefined ? null : toVisibleFile(rows[0]);
}

/** What this person may do with a file by the grants, be it in the trash; null is nothing. */
export async function findRole(db: Db | Tx, userId: UserId, id: FileId): Promise<Role | null> {
  const { rows } = await sql<{ role: Role | null }>`
    SELECT ${roleOf(userId, 'f')} AS role FROM files f WHERE f.id = ${id}`.execute(db);
  return rows[0]?.role ?? null;
}

/** Throws `file-not-found`. */
export async function requireTrashed(
  db: Db | Tx,
  userId: UserId,
  id: FileId,
): Promise<VisibleFile> {
  const file = await findTrashed(db, userId, id);
  if (file === null) throw new AppError('file-not-found', `There is no file ${id} in the trash.`);
  return file;
}

/**
 * Whether this person saw the file and it was deleted, be it in the trash or gone for good: to
 * delete it again then changes nothing and succeeds.
 */
export async function wasDeletedFor(db: Db | Tx, userId: UserId, id: FileId): Promise<boolean> {
  const { rows } = await sql<{ was: boolean }>`
    SELECT EXISTS (
      SELECT FROM access
      WHERE user_id = ${userId} AND file_id = ${id} AND role IS NULL AND reason = 'deleted'
    ) OR EXISTS (
      SELECT FROM files f
      WHERE f.id = ${id} AND f.deletion_id IS NOT NULL AND ${roleOf(userId, 'f')} IS NOT NULL
    ) AS was`.execute(db);
  return rows[0]?.was === true;
}
