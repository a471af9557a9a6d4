import { AppError } from '@valise/core/errors';
import type { FileId } from '@valise/core/ids';
import type { FileName } from '@valise/core/names';
import { inTransaction, type Tx } from '../db/database.ts';
import type { Caller } from '../http/app.ts';
import { ancestorIds, requireDepth } from '../tree/depth.ts';
import { lockFiles, type NewFile } from '../tree/file-store.ts';
import { keepObjects } from '../tree/keep-objects.ts';
import { type ParentFolder, requireParent } from '../tree/parent-folder.ts';
import { liveSubtree } from '../tree/subtree.ts';
import { lockTrees } from '../tree/tree-locks.ts';
import { requireUploaded, requireVisible, type VisibleFile } from '../tree/visible-file.ts';
import type { FileDeps } from './file-deps.ts';
import { findRepeated, insertItem } from './insert-item.ts';
import { requestHash } from './request-hash.ts';

export interface FileCopy {
  readonly sourceId: FileId;
  readonly id: FileId | undefined;
  /** The source's name if undefined. */
  readonly name: FileName | undefined;
  readonly parentId: FileId | null;
}

/**
 * Copies a file, or a folder with all that is live below it: new rows on the same objects, no
 * byte moves. Reading the source is enough. Throws `name-taken`, `id-taken`, `too-deep`,
 * `not-uploaded` and what `requireParent` throws.
 */
export async function copyItem(
  deps: FileDeps,
  caller: Caller,
  copy: FileCopy,
): Promise<VisibleFile> {
  const { userId } = caller;
  const values = [copy.sourceId, copy.name ?? null, copy.parentId];
  const request = { userId, id: copy.id, hash: requestHash(userId, 'copy', values) };
  return inTransaction(deps.db, async (tx) => {
    const repeated = await findRepeated(tx, request);
    if (repeated !== null) return repeated;
    const { ownerId } = (await requireVisible(tx, userId, copy.sourceId)).row;
    const parent = await requireParent(tx, userId, copy.parentId);
    await lockTrees(tx, { shared: [ownerId, parent.ownerId] });
    const source = await requireVisible(tx, userId, copy.sourceId);
    await requireParent(tx, userId, copy.parentId);
    requireUploaded(source);
    const rows = await copyRows(deps, caller, { tx, copy, parent });
    return insertItem(tx, request, rows);
  });
}

interface CopyContext {
  readonly tx: Tx;
  readonly copy: FileCopy;
  readonly parent: ParentFolder;
}

async function copyRows(
  deps: FileDeps,
  { userId, deviceId }: Caller,
  { tx, copy, parent }: CopyContext,
): Promise<readonly [NewFile, ...NewFile[]]> {
  const tree = await liveSubtree(tx, copy.sourceId);
  requireDepth((await ancestorIds(tx, parent.id)).length, tree.at(-1)?.level);
  const ids = new Map(tree.map((row) => [row.id, deps.ambient.newId<FileId>()]));
  if (copy.id !== undefined) ids.set(copy.sourceId, copy.id);
  // The locks keep each row on its object, and each object alive, until our rows name it too.
  const sources = await lockFiles(tx, [...ids.keys()]);
  await keepObjects(
    tx,
    sources.values().map((row) => row.objectId),
  );
  const now = deps.ambient.now();
  const rows = tree.map((node): NewFile => {
    const source = sources.get(node.id);
    const id = ids.get(node.id);
    if (source === undefined || id === undefined) throw new Error(`${node.id} left a locked tree.`);
    const isTop = node.id === copy.sourceId;
    const parentId = isTop || node.parentId === null ? parent.id : ids.get(node.parentId);
    return {
      ...source,
      id,
      parentId: parentId ?? parent.id,
      name: (isTop ? copy.name : undefined) ?? source.name,
      ownerId: parent.ownerId,
      createdBy: userId,
      requestHash: null,
      version: 1,
      versionUserId: userId,
      versionDeviceId: deviceId,
      versionAt: now,
      createdAt: now,
      updatedAt: now,
    };
  });
  const [top, ...below] = rows;
  if (top === undefined) throw new AppError('file-not-found');
  return [top, ...below];
}
