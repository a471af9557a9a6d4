import { AppError } from '@valise/core/errors';
import type { FileId, UploadId } from '@valise/core/ids';
import type { Db } from '../db/database.ts';
import type { Caller } from '../http/app.ts';
import { requireVisible } from '../tree/visible-file.ts';
import type { UploadRow } from './upload-row.ts';
import { findLastDone, findPendingOfFiles, findUploads, uploadNotFound } from './upload-store.ts';

export interface UploadRef {
  readonly fileId: FileId;
  readonly uploadId: UploadId | null;
}

/**
 * The uploads meant, at their references' places: the one named, or the caller's only pending one
 * of that file, or (so that a repeated call finds what it did) the last one done. Only its
 * creator and the file's owner may touch an upload.
 */
export async function findUploadsMeant(
  db: Db,
  caller: Caller,
  refs: readonly UploadRef[],
): Promise<readonly (UploadRow | AppError)[]> {
  const ids = refs.flatMap((ref) => (ref.uploadId === null ? [] : [ref.uploadId]));
  const unnamed = refs.flatMap((ref) => (ref.uploadId === null ? [ref.fileId] : []));
  const named = ids.length === 0 ? [] : await findUploads(db, ids);
  const byId = new Map(named.map((row) => [row.id, row]));
  const byFile = await findByFile(db, caller, [...new Set(unnamed)]);
  return refs.map(({ fileId, uploadId }) => {
    const row = uploadId === null ? only(byFile.get(fileId)) : byId.get(uploadId);
    if (row instanceof AppError) return row;
    const isTheirs = row?.userId === caller.userId || row?.ownerId === caller.userId;
    return row !== undefined && row.fileId === fileId && isTheirs ? row : uploadNotFound();
  });
}

async function findByFile(
  db: Db,
  { userId }: Caller,
  fileIds: readonly FileId[],
): Promise<ReadonlyMap<FileId, readonly UploadRow[]>> {
  if (fileIds.length === 0) return new Map();
  const pending = await findPendingOfFiles(db, userId, fileIds);
  const isPending = new Set(pending.map((row) => row.fileId));
  const others = fileIds.filter((id) => !isPending.has(id));
  const done = others.length === 0 ? [] : await findLastDone(db, userId, others);
  return Map.groupBy([...pending, ...done], (row) => row.fileId);
}

function only(rows: readonly UploadRow[] = []): UploadRow | AppError | undefined {
  if (rows.length <= 1) return rows[0];
  return new AppError('upload-ambiguous', 'Say which: several uploads of this file are pending.', {
    details: { uploadIds: rows.map((row) => row.id) },
  });
}

/** Throws `upload-not-found`, `upload-ambiguous`, and `file-not-found` where that is the news. */
export async function requireUpload(db: Db, caller: Caller, ref: UploadRef): Promise<UploadRow> {
  const [row = uploadNotFound()] = await findUploadsMeant(db, caller, [ref]);
  if (!(row instanceof AppError)) return row;
  if (row.code === 'upload-not-found') await requireVisible(db, caller.userId, ref.fileId);
  throw row;
}

/** The same where an ended upload is as good as none. */
export async function requirePending(db: Db, caller: Caller, ref: UploadRef): Promise<UploadRow> {
  const row = await requireUpload(db, caller, ref);
  if (row.state === 'pending') return row;
  throw uploadNotFound();
}
