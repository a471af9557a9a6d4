import { AppError } from '@valise/core/errors';
import type { Tx } from '../db/database.ts';
import { insertFiles } from '../tree/file-store.ts';
import { putChunkPieces } from './chunk-store.ts';
import type { Created } from './finish-creation.ts';
import type { FreshUpload } from './fresh-upload.ts';
import type { NewUpload } from './new-upload.ts';
import { insertUploads } from './upload-store.ts';

/** Writes them all, in a statement per table. Answers when they will end. Throws `id-taken`. */
export async function insertFresh(tx: Tx, fresh: readonly FreshUpload[]): Promise<Date> {
  if (fresh.length === 0) return new Date(0);
  const files = fresh.flatMap((one) => (one.file === null ? [] : [one.file.row]));
  const inserted = await insertFiles(tx, files);
  if (inserted.size < files.length) throw new AppError('id-taken');
  const expiresAt = await insertUploads(
    tx,
    fresh.map((one) => one.row),
  );
  const pieces = fresh.flatMap(({ row, chunks, link }) =>
    chunks.kind === 'list' && link === null
      ? [{ uploadId: row.id, first: 0, records: chunks.records }]
      : [],
  );
  await putChunkPieces(tx, pieces);
  return expiresAt;
}

/** What has just been written, as the answer needs it. */
export function begun(fresh: FreshUpload, request: NewUpload, expiresAt: Date): Created {
  const { row, chunks, file } = fresh;
  const pending = {
    ...row,
    chunksReceived: chunks.kind === 'list' ? chunks.count : 0,
    storeUploadId: null,
    assembled: false,
    state: 'pending',
    resultFileId: null,
    expiresAt,
  } as const;
  return { kind: 'pending', row: pending, request, resumed: false, file };
}
