import type { FileId, UserId } from '@valise/core/ids';
import type { Db } from '../db/database.ts';
import { readParts, type VouchedParts } from '../uploads/part-store.ts';
import type { UploadRow } from '../uploads/upload-row.ts';
import { findUploadsOfFiles } from '../uploads/upload-store.ts';

/** A content on its way, as far as the store has vouched for it when it was last asked. */
export interface PendingUpload {
  readonly row: UploadRow;
  readonly vouched: VouchedParts;
}

/** The caller's own pending upload for this file; of several the newest. */
export async function findPendingUpload(
  db: Db,
  userId: UserId,
  fileId: FileId,
): Promise<PendingUpload | null> {
  const uploads = await findUploadsOfFiles(db, userId, [fileId]);
  const row = uploads.find((upload) => upload.state === 'pending');
  if (row === undefined) return null;
  const vouched = (await readParts(db, [row.id])).get(row.id) ?? new Map<number, string>();
  return { row, vouched };
}
