import { AppError, isAppError } from '@valise/core/errors';
import type { FileId } from '@valise/core/ids';
import type { Db, Tx } from '../db/database.ts';
import type { Caller } from '../http/app.ts';
import { findGranted } from '../tree/granted-file.ts';
import { wasDeletedFor } from '../tree/trashed-file.ts';
import { requireRole, requireUploaded, type VisibleFile } from '../tree/visible-file.ts';
import { targetGone } from './result-files.ts';

/**
 * The files that these ids name as what is to get a next version: those that the caller may
 * change, be they in the trash, where the commit will take them from. What is wrong with one stands
 * at its place as the error that each of its uploads gets.
 */
export async function findTargets(
  db: Db | Tx,
  caller: Caller,
  ids: readonly FileId[],
): Promise<ReadonlyMap<FileId, VisibleFile | AppError>> {
  const granted = await findGranted(db, caller.userId, ids);
  const targets = new Map<FileId, VisibleFile | AppError>();
  for (const id of ids) {
    const file = granted.get(id);
    if (file !== undefined) targets.set(id, judge(file, caller));
    else
      targets.set(id, (await wasDeletedFor(db, caller.userId, id)) ? targetGone() : notFound(id));
  }
  return targets;
}

/** One of them; throws what is wrong with it. */
export async function requireTarget(db: Db | Tx, caller: Caller, id: FileId): Promise<VisibleFile> {
  const target = (await findTargets(db, caller, [id])).get(id) ?? notFound(id);
  if (isAppError(target)) throw target;
  return target;
}

function judge(file: VisibleFile, { userId }: Caller): VisibleFile | AppError {
  const { row, role } = file;
  const isHidden =
    row.deletionId === null
      ? row.status === 'uploading' && row.createdBy !== userId
      : role === 'viewer';
  if (isHidden) return notFound(row.id);
  try {
    requireRole(file, 'editor');
    requireUploaded(file);
  } catch (error) {
    if (isAppError(error)) return error;
    throw error;
  }
  return row.kind === 'file' ? file : notAFile(file);
}

function notAFile({ row }: VisibleFile): AppError {
  return new AppError('invalid-value', `${row.id} is a ${row.kind}: it has no content.`, {
    details: { field: 'fileId' },
  });
}

function notFound(id: FileId): AppError {
  return new AppError('file-not-found', `There is no file ${id}.`, {
    details: { field: 'fileId' },
  });
}
