import { AppError } from '@valise/core/errors';
import type { FileId, UserId } from '@valise/core/ids';
import type { Db, Tx } from '../db/database.ts';
import { findGranted } from '../tree/granted-file.ts';
import { findVisible, type VisibleFile } from '../tree/visible-file.ts';

/** What uploads are for or ended in; of what lies in the trash, what this person may change. */
export async function findResults(
  db: Db | Tx,
  userId: UserId,
  ids: readonly FileId[],
): Promise<ReadonlyMap<FileId, VisibleFile>> {
  const found = await findVisible(db, userId, ids);
  const others = ids.filter((id) => !found.has(id));
  for (const [id, file] of await findGranted(db, userId, others)) {
    if (file.deletion !== null && file.role !== 'viewer') found.set(id, file);
  }
  return found;
}

export function fileGone(): AppError {
  return new AppError('target-gone', 'The file was removed for good.');
}

export function targetGone(): AppError {
  return new AppError('target-gone', 'What this upload was for has been removed for good.');
}
