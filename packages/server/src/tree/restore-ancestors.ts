import type { FileId } from '@valise/core/ids';
import { MAX_DEPTH, restoredName } from '@valise/core/names';
import { sql } from 'kysely';
import type { Tx } from '../db/database.ts';
import type { DeletionId } from '../db/tables.ts';
import { findConcerned, refreshTree } from '../fanout/refresh-tree.ts';
import { type FileRow, fileColumns } from './file-row.ts';
import { updateFile } from './file-store.ts';
import { firstFreeName } from './sibling-name.ts';
import { dropEmptyActs } from './trash-store.ts';

/**
 * Brings back this folder, if it lies in the trash, and every folder above it that does: exactly
 * those, nothing else that was deleted with them. Where a name is taken meanwhile, it gets
 * ` (restored)`. The owner's tree is locked exclusively. Answers the ids, topmost first.
 *
 * What stays behind of an act of deleting no longer hangs together: each piece becomes an act
 * of its own, so that the trash can still list, restore and purge it.
 */
export async function restoreAncestors(
  tx: Tx,
  id: FileId | null,
  at: Date,
): Promise<readonly FileId[]> {
  const trashed = id === null ? [] : await findTrashedChain(tx, id);
  for (const row of trashed) {
    const place = { id: row.parentId, ownerId: row.ownerId };
    const name = await firstFreeName(tx, place, (taken) =>
      taken(row.name) ? restoredName(row.name, taken) : row.name,
    );
    await updateFile(tx, row.id, { deletionId: null, name });
  }
  const ids = trashed.map((row) => row.id);
  const acts = new Set(trashed.map((row) => row.deletionId).filter((act) => act !== null));
  if (ids.length === 0) return ids;
  await splitActs(tx, [...acts], ids);
  await dropEmptyActs(tx, [...acts]);
  await tellOfRestored(tx, trashed, at);
  return ids;
}

/** Those who saw them get them back, with whatever had been shared on the way. */
async function tellOfRestored(tx: Tx, trashed: readonly FileRow[], at: Date): Promise<void> {
  const [top] = trashed;
  if (top === undefined) return;
  const ids = trashed.map((row) => row.id);
  const users = [top.ownerId, ...(await findConcerned(tx, top, ids))];
  await refreshTree(tx, { ownerId: top.ownerId, topId: top.id, files: ids, users, at });
}

/** Topmost first. */
async function findTrashedChain(tx: Tx, id: FileId): Promise<readonly FileRow[]> {
  const { rows } = await sql<FileRow>`
    WITH RECURSIVE up (id, parent_id, level) AS (
      SELECT f.id, f.parent_id, 1 FROM files f WHERE f.id = ${id}
      UNION ALL
      SELECT f.id, f.parent_id, up.level + 1 FROM up JOIN files f ON f.id = up.parent_id
      WHERE up.level <= ${MAX_DEPTH}
    )
    SELECT ${fileColumns} FROM up JOIN files f USING (id)
    WHERE f.deletion_id IS NOT NULL ORDER BY up.level DESC`.execute(tx);
  return rows;
}

async function splitActs(
  tx: Tx,
  acts: readonly DeletionId[],
  restored: readonly FileId[],
): Promise<void> {
  await sql`
    WITH RECURSIVE pieces AS MATERIALIZED (
      SELECT f.id, f.owner_id, gen_random_uuid() AS act, d.id AS old, d.deleted_by, d.deleted_at
      FROM files f JOIN deletions d ON d.id = f.deletion_id
      WHERE f.deletion_id = ANY(${acts}::uuid[]) AND f.parent_id = ANY(${restored}::uuid[])
    ), new_acts AS (
      INSERT INTO deletions (id, owner_id, file_id, deleted_by, deleted_at)
      SELECT act, owner_id, id, deleted_by, deleted_at FROM pieces
    ), down AS (
      SELECT id, act, old FROM pieces
      UNION ALL
      SELECT f.id, down.act, down.old
      FROM down JOIN files f ON f.parent_id = down.id AND f.deletion_id = down.old
    )
    UPDATE files SET deletion_id = down.act FROM down WHERE files.id = down.id`.execute(tx);
}
