import { AppError } from '@valise/core/errors';
import type { FileId } from '@valise/core/ids';
import { MAX_DEPTH, restoredName } from '@valise/core/names';
import { inTransaction, type Tx } from '../db/database.ts';
import { findConcerned, refreshTree } from '../fanout/refresh-tree.ts';
import type { Caller } from '../http/app.ts';
import { ancestorIds } from '../tree/depth.ts';
import type { FileRow } from '../tree/file-row.ts';
import { lockFiles, updateFile } from '../tree/file-store.ts';
import { firstFreeName } from '../tree/sibling-name.ts';
import { trashedSubtree } from '../tree/subtree.ts';
import { dropEmptyActs, untrashFiles } from '../tree/trash-store.ts';
import { requireTrashed } from '../tree/trashed-file.ts';
import { lockTrees } from '../tree/tree-locks.ts';
import { findVisible, requireVisible, type VisibleFile } from '../tree/visible-file.ts';
import type { FileDeps } from './file-deps.ts';

/**
 * Brings back what one act deleted from this file down: to the folder where it lay, or to the
 * root where that is gone, in the trash itself or too deep now. What isn't in the trash is
 * answered as it is. The root is its owner's to use: who only undoes what they deleted in
 * someone's tree needs the folder. Throws `file-not-found`, `forbidden`.
 */
export async function restoreItem(
  deps: FileDeps,
  { userId }: Caller,
  id: FileId,
): Promise<VisibleFile> {
  return inTransaction(deps.db, async (tx) => {
    const live = await findRestored(tx, userId, id);
    if (live !== undefined) return live;
    const { row } = await requireTrashed(tx, userId, id);
    await lockTrees(tx, { exclusive: [row.ownerId] });
    const meanwhile = await findRestored(tx, userId, id);
    if (meanwhile !== undefined) return meanwhile;
    await bringBack(tx, await requireTrashed(tx, userId, id), deps.ambient.now());
    return requireVisible(tx, userId, id);
  });
}

async function findRestored(tx: Tx, userId: Caller['userId'], id: FileId) {
  return (await findVisible(tx, userId, [id])).get(id);
}

async function bringBack(tx: Tx, { row, role }: VisibleFile, at: Date): Promise<void> {
  if (row.deletionId === null) throw new Error(`${row.id} is not in the trash.`);
  const tree = await trashedSubtree(tx, row.id, row.deletionId);
  const parentId = await placeFor(tx, row, tree.at(-1)?.level ?? 1);
  if (role !== 'owner' && parentId !== row.parentId) {
    throw new AppError('forbidden', 'Its folder is gone: only the owner can bring it back.');
  }
  const name = await firstFreeName(tx, { id: parentId, ownerId: row.ownerId }, (taken) =>
    taken(row.name) ? restoredName(row.name, taken) : row.name,
  );
  await updateFile(tx, row.id, { parentId, name, updatedAt: at });
  const files = tree.map((one) => one.id);
  await untrashFiles(tx, files);
  await dropEmptyActs(tx, [row.deletionId]);
  const users = [row.ownerId, ...(await findConcerned(tx, { id: row.id, parentId }, files))];
  await refreshTree(tx, { ownerId: row.ownerId, topId: row.id, files, users, at });
}

async function placeFor(tx: Tx, row: FileRow, height: number): Promise<FileId | null> {
  if (row.parentId === null) return null;
  const parent = (await lockFiles(tx, [row.parentId])).get(row.parentId);
  if (parent === undefined || parent.deletionId !== null) return null;
  const above = await ancestorIds(tx, parent.id);
  return above.length + height <= MAX_DEPTH ? parent.id : null;
}
