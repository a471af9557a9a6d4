import type { FileId, UserId } from '@valise/core/ids';
import { sql } from 'kysely';
import type { Tx } from '../db/database.ts';
import type { GrantId } from '../db/tables.ts';
import { fanoutLimits } from './fanout-limits.ts';
import { addFanout } from './fanout-store.ts';
import { reconcileAccess } from './reconcile-access.ts';

export interface RefreshedTree {
  readonly ownerId: UserId;
  readonly topId: FileId;
  /** All of it that may concern anyone, parents before children; null when it is too large. */
  readonly files: readonly FileId[] | null;
  readonly users: readonly UserId[];
  /** Hears of the top besides, for something there changed, and of nothing below it. */
  readonly topOnly?: UserId;
  /** Grants that rows in this tree may name though they no longer mean what the rows say. */
  readonly lost?: readonly LostGrant[];
  readonly at: Date;
}

export interface LostGrant {
  readonly id: GrantId;
  readonly userId: UserId;
}

/**
 * Brings the rows of these people for a file and everything below it in line with grants and tree,
 * and their feeds with that: at once where it is little, else the top at once for the first few
 * (the owner first) and the rest by jobs. What they may do follows from the grants meanwhile.
 * The owner's tree is locked exclusively.
 */
export async function refreshTree(tx: Tx, tree: RefreshedTree): Promise<void> {
  const { ownerId, topId, files, topOnly, lost = [], at } = tree;
  const users = [...new Set(tree.users)].sort();
  if (users.length === 0) return;
  const told = topOnly === undefined ? users : [...new Set([topOnly, ...users])].sort();
  if (files !== null && files.length * users.length <= fanoutLimits.rowsAtOnce) {
    await reconcileAccess(tx, { users: told, files, always: true, topOnly, at });
    return;
  }
  const first = [...new Set([...told.filter((id) => id === ownerId), ...told])];
  await reconcileAccess(tx, {
    users: first.slice(0, fanoutLimits.usersAtOnce).sort(),
    files: [topId],
    always: true,
    at,
  });
  for (let from = 0; from < users.length; from += fanoutLimits.usersPerJob) {
    const some = users.slice(from, from + fanoutLimits.usersPerJob);
    const settles = lost.filter((grant) => some.includes(grant.userId)).map((grant) => grant.id);
    const items = [{ fileId: topId, after: null }];
    await addFanout(tx, { ownerId, users: some, settles, items, at });
  }
}

/** Everyone whom these files concern: who sees the top or its folder, and whom parts were given. */
export async function findConcerned(
  tx: Tx,
  top: { readonly id: FileId; readonly parentId: FileId | null },
  files: readonly FileId[],
): Promise<readonly UserId[]> {
  const { rows } = await sql<{ userId: UserId }>`
    SELECT user_id AS "userId" FROM access
    WHERE file_id = ANY(${[top.id, top.parentId]}::uuid[]) AND role IS NOT NULL
    UNION SELECT g.user_id FROM unnest(${files}::uuid[]) AS t (id) CROSS JOIN LATERAL (
      SELECT user_id FROM grants WHERE grants.file_id = t.id OFFSET 0
    ) g`.execute(tx);
  return rows.map((row) => row.userId);
}
