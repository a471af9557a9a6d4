import type { UploadId } from '@valise/core/ids';
import { RECORD_BYTES } from '@valise/core/manifest';
import { type RawBuilder, sql } from 'kysely';
import type { Db, Tx } from '../db/database.ts';
import { unnestRows } from './unnest-rows.ts';

export interface ChunkPiece {
  readonly uploadId: UploadId;
  readonly first: number;
  readonly records: Uint8Array;
}

/** Stores pieces of chunk lists; what they overlap gives way. */
export async function putChunkPieces(tx: Tx, pieces: readonly ChunkPiece[]): Promise<void> {
  if (pieces.length > 0) await piecesInsertion(pieces).execute(tx);
}

export function piecesInsertion(pieces: readonly ChunkPiece[]): RawBuilder<unknown> {
  const [first] = pieces;
  return sql`
    INSERT INTO upload_chunks (upload_id, first, count, records)
    ${first !== undefined && pieces.length === 1 ? onePiece(first) : manyPieces(pieces)}`;
}

/** As a parameter of its own a long list travels as bytes; in an array it would as hex digits. */
function onePiece(piece: ChunkPiece): RawBuilder<unknown> {
  return sql`VALUES (${piece.uploadId}::uuid, ${piece.first}::integer,
    ${countOf(piece)}::integer, ${asBuffer(piece.records)}::bytea)`;
}

function manyPieces(pieces: readonly ChunkPiece[]): RawBuilder<unknown> {
  return sql`SELECT * FROM ${unnestRows(pieces, {
    upload_id: ['uuid', (piece) => piece.uploadId],
    first: ['integer', (piece) => piece.first],
    count: ['integer', countOf],
    records: ['bytea', (piece) => asBuffer(piece.records)],
  })}`;
}

function countOf(piece: ChunkPiece): number {
  return piece.records.length / RECORD_BYTES;
}

export async function dropOverlapped(tx: Tx, piece: ChunkPiece): Promise<void> {
  const end = piece.first + countOf(piece);
  await sql`
    DELETE FROM upload_chunks WHERE upload_id = ${piece.uploadId}
      AND first < ${end} AND first + count > ${piece.first}`.execute(tx);
}

/** How many records are held without a gap from the first on. */
export async function countContiguous(db: Db | Tx, uploadId: UploadId): Promise<number> {
  const { rows } = await sql<{ first: number; count: number }>`
    SELECT first, count FROM upload_chunks WHERE upload_id = ${uploadId}
    ORDER BY first`.execute(db);
  let contiguous = 0;
  for (const { first, count } of rows) {
    if (first !== contiguous) break;
    contiguous += count;
  }
  return contiguous;
}

/**
 * The records received so far, in order; up to 36 MB. They come as base64: as bytes they would come in
 * hex digits, which are half as many again.
 */
export async function readUploadRecords(db: Db | Tx, uploadId: UploadId): Promise<Buffer> {
  const { rows } = await sql<{ records: string }>`
    SELECT encode(records, 'base64') AS records FROM upload_chunks
    WHERE upload_id = ${uploadId} ORDER BY first`.execute(db);
  return Buffer.concat(rows.map((row) => Buffer.from(row.records, 'base64')));
}

export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
