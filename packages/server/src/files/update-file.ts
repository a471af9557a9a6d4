import { AppError } from '@valise/core/errors';
import type { FileId } from '@valise/core/ids';
import { type FileName, nameKey } from '@valise/core/names';
import { recordChanged } from '../changes/record-changes.ts';
import { inTransaction, type Tx } from '../db/database.ts';
import type { Role } from '../db/tables.ts';
import type { Caller } from '../http/app.ts';
import { ancestorIds, requireDepth } from '../tree/depth.ts';
import type { FileRow } from '../tree/file-row.ts';
import { type FileChanges, findSiblings, lockFiles, updateFile } from '../tree/file-store.ts';
import { requireParent } from '../tree/parent-folder.ts';
import { nameTaken } from '../tree/sibling-name.ts';
import { heightOf } from '../tree/subtree.ts';
import { lockTrees } from '../tree/tree-locks.ts';
import {
  requireRole,
  requireUploaded,
  requireVisible,
  type VisibleFile,
} from '../tree/visible-file.ts';
import type { FileDeps } from './file-deps.ts';
import { recordMoved } from './record-moved.ts';

/** What a PATCH asks for; undefined leaves a thing as it is. */
export interface FileUpdate {
  readonly name: FileName | undefined;
  readonly parentId: FileId | null | undefined;
  readonly modifiedAt: Date | undefined;
  readonly executable: boolean | undefined;
}

/**
 * Renames, moves with all that lies below, and sets what a file system knows of a file. Without
 * any difference nothing happens and no device is told. Throws `name-taken`, `cycle`,
 * `cross-owner`, `not-a-folder`, `too-deep`, `not-uploaded`, `forbidden`, `file-not-found`.
 */
export async function updateItem(
  deps: FileDeps,
  caller: Caller,
  { id, update }: { readonly id: FileId; readonly update: FileUpdate },
): Promise<VisibleFile> {
  const { userId } = caller;
  return inTransaction(deps.db, async (tx) => {
    const seen = await requireVisible(tx, userId, id);
    // Looked at again below; but who may not change it has no lock to take.
    requireRole(seen, 'editor');
    const { ownerId } = seen.row;
    const isMove = update.name !== undefined || update.parentId !== undefined;
    await lockTrees(tx, isMove ? { exclusive: [ownerId] } : { shared: [ownerId] });
    await lockFiles(tx, [id]);
    const file = await requireVisible(tx, userId, id);
    requireRole(file, 'editor');
    requireUploaded(file);
    const changes = differences(file.row, update);
    if (Object.keys(changes).length === 0) return file;
    await requirePlace(tx, caller, { ...file, changes });
    const now = deps.ambient.now();
    await updateFile(tx, id, { ...changes, updatedAt: now });
    await recordChanged(tx, [id], now);
    const { parentId } = changes;
    if (parentId !== undefined) await recordMoved(tx, file.row, { parentId, at: now });
    return requireVisible(tx, userId, id);
  });
}

function differences(row: FileRow, update: FileUpdate): FileChanges {
  const { name, parentId, modifiedAt, executable } = update;
  if (executable !== undefined && row.kind !== 'file') {
    throw new AppError('invalid-value', `A ${row.kind} can't be executable.`, {
      details: { field: 'executable' },
    });
  }
  const isTouched = modifiedAt !== undefined && modifiedAt.getTime() !== row.modifiedAt.getTime();
  return {
    ...(name !== undefined && name !== row.name && { name }),
    ...(parentId !== undefined && parentId !== row.parentId && { parentId }),
    ...(isTouched && { modifiedAt }),
    ...(executable !== undefined && executable !== row.executable && { executable }),
  };
}

interface Move {
  readonly row: FileRow;
  readonly role: Role;
  readonly sharedRoot: boolean;
  readonly changes: FileChanges;
}

/** The new place is a folder of the same tree, not below the file itself, with the name free. */
async function requirePlace(
  tx: Tx,
  { userId }: Caller,
  { row, role, sharedRoot, changes }: Move,
): Promise<void> {
  if (changes.parentId !== undefined) {
    const parent = await requireParent(tx, userId, changes.parentId);
    if (parent.ownerId !== row.ownerId) {
      throw new AppError('cross-owner', 'What belongs to one person can be copied to another.');
    }
    if (role !== 'owner' && (sharedRoot || row.parentId === null)) {
      throw new AppError('forbidden', 'Only its owner can move what was shared with you itself.');
    }
    const above = await ancestorIds(tx, parent.id);
    if (above.includes(row.id)) throw new AppError('cycle');
    requireDepth(above.length, row.kind === 'folder' ? await heightOf(tx, row.id) : 1);
  }
  if (changes.parentId === undefined && changes.name === undefined) return;
  const { name = row.name, parentId = row.parentId } = changes;
  const place = { ownerId: row.ownerId, parentId };
  const holder = (await findSiblings(tx, place, [nameKey(name)])).values().next().value;
  if (holder !== undefined && holder.id !== row.id) throw nameTaken(name);
}
