import { AppError } from '@valise/core/errors';
import { type FileName, type IsTaken, nameKey } from '@valise/core/names';
import type { Tx } from '../db/database.ts';
import { findSiblings } from './file-store.ts';
import type { ParentFolder } from './parent-folder.ts';

/**
 * The first of a row of names that no live sibling holds. `propose` answers the first one that
 * `taken` doesn't know (`restoredName`, `conflictedCopyName`); each proposal is then looked up.
 */
export async function firstFreeName(
  tx: Tx,
  place: ParentFolder,
  propose: (taken: IsTaken) => FileName,
): Promise<FileName> {
  const { id: parentId, ownerId } = place;
  const taken = new Set<string>();
  for (;;) {
    const name = propose((candidate) => taken.has(nameKey(candidate)));
    const key = nameKey(name);
    const siblings = await findSiblings(tx, { ownerId, parentId }, [key]);
    if (siblings.size === 0) return name;
    taken.add(key);
  }
}

export function nameTaken(name: string): AppError {
  return new AppError('name-taken', `Something called "${name}" is there already.`, {
    details: { field: 'name' },
  });
}
