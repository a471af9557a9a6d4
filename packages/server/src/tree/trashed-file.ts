import { AppError } from '@valise/core/errors';
import type { FileId, UserId } from '@valise/core/ids';
import { sql } from 'kysely';
import type { Db, Tx } from '../db/database.ts';
import {
  joinContent,
  toVisibleFile,
  type VisibleColumns,
  type VisibleFile,
  visibleColumns,
} from './visible-file.ts';

/** The trash belongs to the owner of the tree. Null for what isn't in theirs. */
export async function findTrashed(
  db: Db | Tx,
  userId: UserId,
  id: FileId,
): Promise<VisibleFile | null> {
  const { rows } = await sql<VisibleColumns>`
    SELECT ${visibleColumns(sql`'owner'`, userId)},
      d.deleted_at AS "deletedAt", d.deleted_by AS "deletedBy"
    FROM files f ${joinContent} JOIN deletions d ON d.id = f.deletion_id
    WHERE f.id = ${id} AND f.owner_id = ${userId}`.execute(db);
  return rows[0] === undefined ? null : toVisibleFile(rows[0]);
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
 * Whether this person once saw the file and it was deleted since, be it in the trash or gone for
 * good: to delete it again then changes nothing and succeeds.
 */
export async function wasDeletedFor(db: Db | Tx, userId: UserId, id: FileId): Promise<boolean> {
  const { rows } = await sql`
    SELECT FROM access
    WHERE user_id = ${userId} AND file_id = ${id} AND role IS NULL AND reason = 'deleted'`.execute(
    db,
  );
  return rows.length > 0;
}
