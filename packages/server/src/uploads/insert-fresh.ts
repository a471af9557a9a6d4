import { AppError } from '@valise/core/errors';
import { type RawBuilder, sql } from 'kysely';
import type { Tx } from '../db/database.ts';
import { filesInsertion, insertFiles } from '../tree/file-store.ts';
import { type ChunkPiece, piecesInsertion, putChunkPieces } from './chunk-store.ts';
import type { Created } from './finish-creation.ts';
import type { FreshUpload } from './fresh-upload.ts';
import type { NewUpload } from './new-upload.ts';
import { insertUploads, uploadsInsertion } from './upload-store.ts';

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
  await putChunkPieces(tx, piecesOf(fresh));
  return expiresAt;
}

/** The same in one statement, for files that are all new. A row that is there already fails it. */
export function freshInsertion(
  fresh: readonly FreshUpload[],
): RawBuilder<{ readonly expiresAt: Date }> {
  const files = fresh.flatMap((one) => (one.file === null ? [] : [one.file.row]));
  return sql`
    WITH files_made AS (${filesInsertion(files)}),
      chunks_kept AS (${piecesInsertion(piecesOf(fresh))})
    ${uploadsInsertion(fresh.map((one) => one.row))}`;
}

function piecesOf(fresh: readonly FreshUpload[]): readonly ChunkPiece[] {
  return fresh.flatMap(({ row, chunks, link }) =>
    chunks.kind === 'list' && link === null
      ? [{ uploadId: row.id, first: 0, records: chunks.records }]
      : [],
  );
}

/** What has just been written, as the answer needs it. */
export function begun(fresh: FreshUpload, request: NewUpload, expiresAt: Date): Created {
  const { row, chunks, known: file } = fresh;
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
