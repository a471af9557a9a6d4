import type { FileId, UserId } from '@valise/core/ids';
import { sql } from 'kysely';
import type { Db, Tx } from '../db/database.ts';
import type { DeletionId } from '../db/tables.ts';

/** A row of a subtree; the top has level 1. */
export interface SubtreeRow {
  readonly id: FileId;
  readonly parentId: FileId | null;
  readonly ownerId: UserId;
  readonly level: number;
}

/** What is live from this file down, itself first, parents before children. */
export async function liveSubtree(db: Db | Tx, top: FileId): Promise<readonly SubtreeRow[]> {
  const { rows } = await sql<SubtreeRow>`
    WITH RECURSIVE down (id, parent_id, owner_id, level) AS (
      SELECT f.id, f.parent_id, f.owner_id, 1 FROM files f WHERE f.id = ${top}
      UNION ALL
      SELECT f.id, f.parent_id, f.owner_id, down.level + 1
      FROM down JOIN files f ON f.parent_id = down.id
      WHERE f.status = 'uploaded' AND f.deletion_id IS NULL
    )
    SELECT id, parent_id AS "parentId", owner_id AS "ownerId", level FROM down
    ORDER BY level`.execute(db);
  return rows;
}

/** What one act of deleting took from this file down, itself first, parents before children. */
export async function trashedSubtree(
  db: Db | Tx,
  top: FileId,
  act: DeletionId,
): Promise<readonly SubtreeRow[]> {
  const { rows } = await sql<SubtreeRow>`
    WITH RECURSIVE down (id, parent_id, owner_id, level) AS (
      SELECT f.id, f.parent_id, f.owner_id, 1 FROM files f
      WHERE f.id = ${top} AND f.deletion_id = ${act}
      UNION ALL
      SELECT f.id, f.parent_id, f.owner_id, down.level + 1
      FROM down JOIN files f ON f.parent_id = down.id WHERE f.deletion_id = ${act}
    )
    SELECT id, parent_id AS "parentId", owner_id AS "ownerId", level FROM down
    ORDER BY level`.execute(db);
  return rows;
}
