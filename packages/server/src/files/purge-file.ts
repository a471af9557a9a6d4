import type { FileId, UserId } from '@valise/core/ids';
import { sql } from 'kysely';
import { inTransaction, type Tx } from '../db/database.ts';
import type { DeletionId } from '../db/tables.ts';
import { reconcileAccess } from '../fanout/reconcile-access.ts';
import type { Caller } from '../http/app.ts';
import { trashedSubtree } from '../tree/subtree.ts';
import { dropEmptyActs, purgeFiles } from '../tree/trash-store.ts';
import { findTrashed, requireTrashed, wasDeletedFor } from '../tree/trashed-file.ts';
import { lockTrees } from '../tree/tree-locks.ts';
import { requireRole } from '../tree/visible-file.ts';
import type { FileDeps } from './file-deps.ts';

/**
 * Deletes for good what one act put into the trash from this file down. What is gone already
 * stays so. Throws `file-not-found` for what never was, or is not in the trash; `forbidden`.
 */
export async function purgeItem(deps: FileDeps, caller: Caller, id: FileId): Promise<void> {
  const { userId } = caller;
  await inTransaction(deps.db, async (tx) => {
    if (await purgeTrashed(tx, { ownerId: userId, id, at: deps.ambient.now() })) return;
    // Whoever deleted it in someone's tree may undo that, no more.
    const trashed = await findTrashed(tx, userId, id);
    if (trashed !== null) requireRole(trashed, 'owner');
    if (!(await wasDeletedFor(tx, userId, id))) await requireTrashed(tx, userId, id);
  });
}

export interface Purge {
  readonly ownerId: UserId;
  readonly id: FileId;
  /** Only if it is still this act that holds the file in the trash. */
  readonly act?: DeletionId;
  readonly at: Date;
}

/** Answers false when the file is not in this owner's trash (any more). */
export async function purgeTrashed(tx: Tx, { ownerId, id, act, at }: Purge): Promise<boolean> {
  await lockTrees(tx, { exclusive: [ownerId] });
  const trashed = await findTrashed(tx, ownerId, id);
  if (trashed?.role !== 'owner') return false;
  const { deletionId } = trashed.row;
  if (deletionId === null || (act !== undefined && act !== deletionId)) return false;
  const ids = (await trashedSubtree(tx, id, deletionId)).map((one) => one.id);
  await tellLatecomers(tx, ids, at);
  await purgeFiles(tx, ids, at);
  await dropEmptyActs(tx, [deletionId]);
  return true;
}

/** Whom the jobs haven't told yet that these lie in the trash: without files they no longer can. */
async function tellLatecomers(tx: Tx, files: readonly FileId[], at: Date): Promise<void> {
  const { rows } = await sql<{ userId: UserId; fileId: FileId }>`
    SELECT a.user_id AS "userId", t.id AS "fileId"
    FROM unnest(${files}::uuid[]) AS t (id) CROSS JOIN LATERAL (
      SELECT access.user_id FROM access
      WHERE access.file_id = t.id AND access.role IS NOT NULL OFFSET 0
    ) a`.execute(tx);
  const users = [...new Set(rows.map((row) => row.userId))].sort();
  const late = [...new Set(rows.map((row) => row.fileId))];
  await reconcileAccess(tx, { users, files: late, always: false, at });
}
