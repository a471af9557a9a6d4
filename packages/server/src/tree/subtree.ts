import type { FileId, UserId } from '@valise/core/ids';
import { MAX_DEPTH } from '@valise/core/names';
import { type RawBuilder, sql } from 'kysely';
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
export function liveSubtree(db: Db | Tx, top: FileId): Promise<readonly SubtreeRow[]> {
  return walkDown(
    db,
    top,
    sql`
    f.owner_id = down.owner_id AND f.status = 'uploaded' AND f.deletion_id IS NULL`,
  );
}

/** What one act of deleting took from this file down, itself first, parents before children. */
export function trashedSubtree(
  db: Db | Tx,
  top: FileId,
  act: DeletionId,
): Promise<readonly SubtreeRow[]> {
  // No index serves IS NOT DISTINCT FROM: the children's own is to be used, not the whole act's.
  return walkDown(db, top, sql`f.deletion_id IS NOT DISTINCT FROM ${act}::uuid`);
}

/** Levels of live items from this one down, itself counted: 1 for a file. */
export async function heightOf(db: Db | Tx, top: FileId): Promise<number> {
  return (await liveSubtree(db, top)).at(-1)?.level ?? 1;
}

/**
 * OFFSET 0 keeps the planner from turning the walk around: a fresh table has no statistics yet,
 * and without them it would compare each file with each.
 */
async function walkDown(
  db: Db | Tx,
  top: FileId,
  belongs: RawBuilder<boolean>,
): Promise<readonly SubtreeRow[]> {
  const { rows } = await sql<SubtreeRow>`
    WITH RECURSIVE down (id, parent_id, owner_id, kind, level) AS (
      SELECT f.id, f.parent_id, f.owner_id, f.kind, 1 FROM files f WHERE f.id = ${top}
      UNION ALL
      SELECT child.*, down.level + 1 FROM down CROSS JOIN LATERAL (
        SELECT f.id, f.parent_id, f.owner_id, f.kind FROM files f
        WHERE f.parent_id = down.id AND ${belongs} OFFSET 0
      ) child
      WHERE down.kind = 'folder' AND down.level <= ${MAX_DEPTH}
    )
    SELECT id, parent_id AS "parentId", owner_id AS "ownerId", level FROM down
    ORDER BY level`.execute(db);
  return rows;
}

/**
 * Everything that was confirmed from this file down, in the trash or not, parents before children;
 * null when that is more than `limit`, which costs no more than to find so many.
 */
export async function firstOfSubtree(
  db: Db | Tx,
  top: FileId,
  limit: number,
): Promise<readonly FileId[] | null> {
  const { rows } = await sql<{ id: FileId }>`
    WITH RECURSIVE down (id, kind, level) AS (
      SELECT f.id, f.kind, 1 FROM files f WHERE f.id = ${top}
      UNION ALL
      SELECT child.*, down.level + 1 FROM down CROSS JOIN LATERAL (
        SELECT f.id, f.kind FROM files f
        WHERE f.parent_id = down.id AND f.status = 'uploaded' OFFSET 0
      ) child
      WHERE down.kind = 'folder' AND down.level <= ${MAX_DEPTH}
    )
    SELECT id FROM down LIMIT ${limit + 1}`.execute(db);
  return rows.length > limit ? null : rows.map((row) => row.id);
}
