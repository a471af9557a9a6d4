import { AppError } from '@valise/core/errors';
import type { FileId } from '@valise/core/ids';
import { requireUnchangedSince } from '../changes/changed-since.ts';
import type { FeedPosition } from '../changes/feed-cursor.ts';
import { inTransaction, type Tx } from '../db/database.ts';
import type { DeletionId } from '../db/tables.ts';
import { findConcerned, refreshTree } from '../fanout/refresh-tree.ts';
import type { Caller } from '../http/app.ts';
import { liveSubtree } from '../tree/subtree.ts';
import { trashFiles } from '../tree/trash-store.ts';
import { wasDeletedFor } from '../tree/trashed-file.ts';
import { lockTrees } from '../tree/tree-locks.ts';
import {
  findVisible,
  requireRole,
  requireUploaded,
  requireVisible,
  type VisibleFile,
} from '../tree/visible-file.ts';
import type { FileDeps } from './file-deps.ts';

export interface DeleteRequest {
  readonly id: FileId;
  /** The newest content that the caller has seen; undefined deletes whatever is there. */
  readonly version: number | undefined;
  /** How far the caller has followed the feed; undefined as above. */
  readonly since: FeedPosition | undefined;
}

/**
 * To the trash, with all that is live below: one act, undone as one. What is deleted already
 * stays so. Throws `changed-since`, `feed-reset`, `cursor-expired`, `not-uploaded`, `forbidden`,
 * `file-not-found`.
 */
export async function deleteItem(
  deps: FileDeps,
  caller: Caller,
  { id, version, since }: DeleteRequest,
): Promise<void> {
  const { userId } = caller;
  await inTransaction(deps.db, async (tx) => {
    const seen = await findOrDeleted(tx, caller, id);
    if (seen === null) return;
    requireRole(seen, 'editor');
    await lockTrees(tx, { exclusive: [seen.row.ownerId] });
    if ((await findOrDeleted(tx, caller, id)) === null) return;
    const { row } = await requireDeletable(tx, caller, id);
    if (version !== undefined && row.version > version) throw changedSince([id]);
    const ids = (await liveSubtree(tx, id)).map((one) => one.id);
    if (since !== undefined) await requireUnchangedSince(tx, { userId, since }, ids);
    const at = deps.ambient.now();
    const act = deps.ambient.newId<DeletionId>();
    await trashFiles(tx, { id: act, fileId: id, ownerId: row.ownerId, by: userId, at }, ids);
    const users = await findConcerned(tx, row, ids);
    await refreshTree(tx, { ownerId: row.ownerId, topId: id, files: ids, users, at });
  });
}

/** Null when the caller saw it once and it was deleted since. */
async function findOrDeleted(tx: Tx, { userId }: Caller, id: FileId): Promise<VisibleFile | null> {
  const file = (await findVisible(tx, userId, [id])).get(id);
  if (file !== undefined) return file;
  if (await wasDeletedFor(tx, userId, id)) return null;
  throw new AppError('file-not-found', `There is no file ${id}.`);
}

async function requireDeletable(tx: Tx, { userId }: Caller, id: FileId) {
  const file = await requireVisible(tx, userId, id);
  requireRole(file, 'editor');
  requireUploaded(file);
  return file;
}

function changedSince(fileIds: readonly FileId[]): AppError {
  return new AppError('changed-since', 'It changed since you saw it.', { details: { fileIds } });
}
