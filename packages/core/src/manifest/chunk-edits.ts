import { AppError } from '../errors/index.ts';
import type { ChunkRef } from '../wire/index.ts';
import { packChunks, RECORD_BYTES, recordCount, sliceRecords } from './records.ts';
import { MAX_CHUNKS } from './validate.ts';

/**
 * At chunk `at` of the base, drop `remove` chunks and put `insert` there. `at` always counts the
 * base's chunks, whatever other edits do; edits are in order and don't overlap.
 */
export interface ChunkEdit {
  readonly at: number;
  readonly remove: number;
  readonly insert: readonly ChunkRef[];
}

/** The edited records, not yet checked against a size. Throws `chunks-mismatch` on bad edits. */
export function applyChunkEdits(base: Uint8Array, edits: readonly ChunkEdit[]): Uint8Array {
  const count = recordCount(base);
  const pieces: Uint8Array[] = [];
  let done = 0;
  let length = 0;
  const take = (piece: Uint8Array) => {
    pieces.push(piece);
    length += piece.length;
  };
  for (const { at, remove, insert } of edits) {
    if (at < done || at + remove > count) throw misfit();
    take(sliceRecords(base, done, at - done));
    take(packChunks(insert));
    if (length > MAX_CHUNKS * RECORD_BYTES) throw misfit();
    done = at + remove;
  }
  take(sliceRecords(base, done, count - done));
  return join(pieces, length);
}

function join(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const joined = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
}

function misfit(): AppError {
  return new AppError('chunks-mismatch', 'chunkEdits must lie within the base, in order.', {
    details: { field: 'chunkEdits' },
  });
}
