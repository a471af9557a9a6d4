import { sql } from 'kysely';
import { inTransaction } from '../db/database.ts';
import { dropOverlapped, putChunkPieces } from './chunk-store.ts';
import type { NewUpload } from './new-upload.ts';
import type { UploadDeps } from './upload-deps.ts';
import { hasWholeChunkList, type UploadRow } from './upload-row.ts';
import { findUploads, lockUploads } from './upload-store.ts';

/**
 * Who asks again may know more than the first time: what the content is based on, how the file is
 * to be stored, and its chunks, where those were still missing. Answers the row as it is then; one
 * that ended meanwhile stays as it ended.
 */
export async function adoptRequest(
  deps: UploadDeps,
  row: UploadRow,
  request: NewUpload,
): Promise<UploadRow> {
  await inTransaction(deps.db, async (tx) => {
    const [locked] = await lockUploads(tx, [row.id]);
    if (locked?.state !== 'pending') return;
    const { chunks } = request;
    if (chunks.kind === 'list' && (locked.chunkCount === null || !hasWholeChunkList(locked))) {
      const piece = { uploadId: row.id, first: 0, records: chunks.records };
      await dropOverlapped(tx, piece);
      await putChunkPieces(tx, [piece]);
    }
    const count = chunks.kind === 'list' || chunks.kind === 'later' ? chunks.count : null;
    await sql`
      UPDATE uploads SET base_mode = ${request.base.mode}, base_version = ${request.base.version},
        base_verified = ${request.baseVerified}, pin = ${request.pin},
        executable = ${request.executable}, mime_type = ${request.mimeType},
        modified_at = ${request.modifiedAt}, chunk_count = coalesce(chunk_count, ${count})
      WHERE id = ${row.id}`.execute(tx);
  });
  return (await findUploads(deps.db, [row.id]))[0] ?? row;
}
