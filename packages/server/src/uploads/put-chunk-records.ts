import { formatFingerprint, parseFingerprint } from '@valise/core/chunking';
import { AppError } from '@valise/core/errors';
import { recordCount, validateChunkList } from '@valise/core/manifest';
import { sql } from 'kysely';
import { inTransaction, type Tx } from '../db/database.ts';
import {
  asBuffer,
  countContiguous,
  dropOverlapped,
  putChunkPieces,
  readUploadRecords,
} from './chunk-store.ts';
import { sha256 } from './sha256.ts';
import type { UploadDeps } from './upload-deps.ts';
import type { UploadRow } from './upload-row.ts';
import { lockUploads, uploadNotFound } from './upload-store.ts';

/**
 * Takes a piece of a long chunk list, in any order; a piece sent again replaces itself. When the
 * list is whole it must be that of the content: if not, this piece is refused with
 * `chunks-mismatch` and the list stays without it. Answers how many records are held without a gap.
 */
export async function putChunkRecords(
  deps: UploadDeps,
  upload: UploadRow,
  piece: { readonly from: number; readonly records: Uint8Array },
): Promise<number> {
  const count = recordCount(piece.records);
  return inTransaction(deps.db, async (tx) => {
    const [row] = await lockUploads(tx, [upload.id]);
    if (row?.state !== 'pending') throw uploadNotFound();
    if (row.chunkCount === null || count === 0 || piece.from + count > row.chunkCount) {
      throw new AppError('chunks-mismatch', misfit(row), { details: { field: 'from' } });
    }
    const stored = { uploadId: row.id, first: piece.from, records: piece.records };
    await dropOverlapped(tx, stored);
    await putChunkPieces(tx, [stored]);
    const contiguous = await countContiguous(tx, row.id);
    if (contiguous === row.chunkCount) {
      // Mostly the list came as one piece, which needn't be read back.
      const isWhole = count === row.chunkCount;
      await validateWhole(tx, row, isWhole ? piece.records : await readUploadRecords(tx, row.id));
    }
    return contiguous;
  });
}

function misfit(row: UploadRow): string {
  return row.chunkCount === null
    ? 'This upload announced no chunkCount.'
    : `Records 0 to ${row.chunkCount - 1} were announced; send whole ones of 36 bytes.`;
}

async function validateWhole(tx: Tx, row: UploadRow, records: Uint8Array): Promise<void> {
  const { fingerprint, recipe, size } = row;
  const claimed =
    fingerprint === null || recipe === null
      ? null
      : formatFingerprint({ recipe, digest: fingerprint });
  const manifest = validateChunkList({ records, size, fingerprint: claimed, sha256 });
  if (claimed !== null) return;
  const own = parseFingerprint(manifest.fingerprint);
  await sql`
    UPDATE uploads SET fingerprint = ${asBuffer(own.digest)}, recipe = ${own.recipe}
    WHERE id = ${row.id}`.execute(tx);
}
