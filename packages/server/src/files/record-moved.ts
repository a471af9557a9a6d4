import type { FileId } from '@valise/core/ids';
import { sql } from 'kysely';
import type { Tx } from '../db/database.ts';
import { fanoutLimits } from '../fanout/fanout-limits.ts';
import { usersInMotion } from '../fanout/fanout-store.ts';
import { type LostGrant, refreshTree } from '../fanout/refresh-tree.ts';
import { ancestorIds } from '../tree/depth.ts';
import type { FileRow } from '../tree/file-row.ts';
import { firstOfSubtree } from '../tree/subtree.ts';

/**
 * After a move, access below changes hands: grants above the old place are lost, grants above the
 * new one won; what lies above both stays as it is. Jobs that are still at work in this tree might
 * have passed the new place already, or not reached the old one: their people are looked at, too.
 * The owner's tree is locked exclusively.
 */
export async function recordMoved(
  tx: Tx,
  row: FileRow,
  { parentId, at }: { readonly parentId: FileId | null; readonly at: Date },
): Promise<void> {
  const before = new Set(await ancestorIds(tx, row.parentId));
  const now = new Set(await ancestorIds(tx, parentId));
  const lost = await readGrants(tx, before.difference(now));
  const won = await readGrants(tx, now.difference(before));
  const people = [...lost, ...won].map((grant) => grant.userId);
  const users = [...people, ...(await usersInMotion(tx, row.ownerId))];
  if (users.length === 0) return;
  await refreshTree(tx, {
    ownerId: row.ownerId,
    topId: row.id,
    files: await firstOfSubtree(tx, row.id, fanoutLimits.rowsAtOnce),
    users,
    lost,
    at,
  });
}

async function readGrants(tx: Tx, files: ReadonlySet<FileId>): Promise<readonly LostGrant[]> {
  if (files.size === 0) return [];
  const { rows } = await sql<LostGrant>`
    SELECT g.id, g.user_id AS "userId" FROM grants g
    WHERE g.file_id = ANY(${[...files]}::uuid[])`.execute(tx);
  return rows;
}
