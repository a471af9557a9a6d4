import { AppError } from '@valise/core/errors';
import type { FileId, UserId } from '@valise/core/ids';
import type { Db, Tx } from '../db/database.ts';
import { findTrashed } from '../tree/trashed-file.ts';
import { findVisible, type VisibleFile } from '../tree/visible-file.ts';

/** What uploads ended in, also where it has been deleted since. */
export async function findResults(
  db: Db | Tx,
  userId: UserId,
  ids: readonly FileId[],
): Promise<ReadonlyMap<FileId, VisibleFile>> {
  const found = await findVisible(db, userId, ids);
  for (const id of ids) {
    if (found.has(id)) continue;
    const trashed = await findTrashed(db, userId, id);
    if (trashed !== null) found.set(id, trashed);
  }
  return found;
}

export function fileGone(): AppError {
  return new AppError('target-gone', 'The file was removed for good.');
}
