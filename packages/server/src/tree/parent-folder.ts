import { AppError } from '@valise/core/errors';
import type { FileId, UserId } from '@valise/core/ids';
import type { Db, Tx } from '../db/database.ts';
import { requireRole, requireVisible, type VisibleFile } from './visible-file.ts';

/** Where something is put: a folder, or for null the root of this owner. */
export interface ParentFolder {
  readonly id: FileId | null;
  readonly ownerId: UserId;
}

/**
 * Where this person may put things: their own root for null, else a folder that they may edit.
 * Throws `file-not-found`, `forbidden`, `not-a-folder`.
 */
export async function requireParent(
  db: Db | Tx,
  userId: UserId,
  parentId: FileId | null,
): Promise<ParentFolder> {
  if (parentId === null) return { id: null, ownerId: userId };
  return asParent(await requireVisible(db, userId, parentId));
}

/** The same of a folder that was looked up already. */
export function asParent(folder: VisibleFile): ParentFolder {
  if (folder.row.kind !== 'folder') {
    throw new AppError('not-a-folder', `${folder.row.id} is a ${folder.row.kind}, not a folder.`, {
      details: { field: 'parentId' },
    });
  }
  requireRole(folder, 'editor');
  return { id: folder.row.id, ownerId: folder.row.ownerId };
}
