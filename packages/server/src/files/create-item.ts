import type { FileId } from '@valise/core/ids';
import type { FileName } from '@valise/core/names';
import { inTransaction } from '../db/database.ts';
import type { Caller } from '../http/app.ts';
import { ancestorIds, requireDepth } from '../tree/depth.ts';
import type { NewFile } from '../tree/file-store.ts';
import { requireParent } from '../tree/parent-folder.ts';
import { lockTrees } from '../tree/tree-locks.ts';
import type { VisibleFile } from '../tree/visible-file.ts';
import type { FileDeps } from './file-deps.ts';
import { findRepeated, insertItem } from './insert-item.ts';
import { requestHash } from './request-hash.ts';

interface Placed {
  readonly id: FileId | undefined;
  readonly name: FileName;
  readonly parentId: FileId | null;
}

/** A folder or symlink to be: what is complete without any content. */
export type NewItem =
  | (Placed & { readonly kind: 'folder' })
  | (Placed & {
      readonly kind: 'symlink';
      readonly target: string;
      readonly modifiedAt: Date | undefined;
    });

/** Throws `name-taken`, `id-taken`, `too-deep` and what `requireParent` throws. */
export async function createItem(
  deps: FileDeps,
  caller: Caller,
  item: NewItem,
): Promise<VisibleFile> {
  const { userId } = caller;
  const request = { userId, id: item.id, hash: hashOf(caller, item) };
  return inTransaction(deps.db, async (tx) => {
    const repeated = await findRepeated(tx, request);
    if (repeated !== null) return repeated;
    const { ownerId } = await requireParent(tx, userId, item.parentId);
    await lockTrees(tx, { shared: [ownerId] });
    await requireParent(tx, userId, item.parentId);
    requireDepth((await ancestorIds(tx, item.parentId)).length);
    const id = item.id ?? deps.ambient.newId<FileId>();
    return insertItem(tx, request, [{ ...toRow(item, caller, deps.ambient.now()), id, ownerId }]);
  });
}

function hashOf({ userId }: Caller, item: NewItem): Buffer {
  const { kind, name, parentId } = item;
  if (kind === 'folder') return requestHash(userId, 'folder', [name, parentId]);
  const modified = item.modifiedAt?.toISOString() ?? null;
  return requestHash(userId, 'symlink', [name, parentId, item.target, modified]);
}

function toRow(item: NewItem, { userId, deviceId }: Caller, now: Date) {
  return {
    createdBy: userId,
    parentId: item.parentId,
    kind: item.kind,
    status: 'uploaded',
    name: item.name,
    target: item.kind === 'symlink' ? item.target : null,
    executable: false,
    size: 0,
    mimeType: null,
    objectId: null,
    version: 1,
    versionUserId: userId,
    versionDeviceId: deviceId,
    versionAt: now,
    modifiedAt: (item.kind === 'symlink' ? item.modifiedAt : undefined) ?? now,
    createdAt: now,
    updatedAt: now,
  } satisfies Omit<NewFile, 'id' | 'ownerId'>;
}
