import {
  FINGERPRINT_RECIPE,
  type FileFingerprint,
  formatFingerprint,
  type Sha256,
} from '../chunking/index.ts';
import { AppError } from '../errors/index.ts';
import type { ChunkRef } from '../wire/index.ts';
import { DigestTable } from './digest-table.ts';
import {
  digestsOf,
  isChunkSize,
  MAX_CHUNK_BYTES,
  packChunks,
  recordCount,
  sizeAt,
} from './records.ts';

export const MAX_CHUNKS = 1_000_000;

/** Either form of a list, and what it claims to describe. */
export type ChunkListClaim = (
  | { readonly chunks: readonly ChunkRef[] }
  | { readonly records: Uint8Array }
) & {
  /** Bytes of the whole content. */
  readonly size: number;
  /** Left out or null: the list's own fingerprint is as good. */
  readonly fingerprint?: string | null;
  readonly sha256: Sha256;
};

export interface Manifest {
  readonly records: Uint8Array;
  readonly chunkCount: number;
  readonly fingerprint: FileFingerprint;
}

/**
 * Takes a client's chunk list at its word only where it agrees with itself: linear time, a million
 * chunks in well under a second. Throws `chunks-mismatch` naming the field at fault.
 */
export function validateChunkList(claim: ChunkListClaim): Manifest {
  const count = 'chunks' in claim ? claim.chunks.length : recordCount(claim.records);
  if (count > MAX_CHUNKS) throw mismatch(`A file has at most ${MAX_CHUNKS} chunks.`);
  const records = 'chunks' in claim ? packChunks(claim.chunks) : claim.records;
  checkSizes(records, claim.size);
  const digest = claim.sha256(digestsOf(records));
  const fingerprint = formatFingerprint({ recipe: FINGERPRINT_RECIPE, digest });
  if (claim.fingerprint != null && claim.fingerprint !== fingerprint) {
    throw mismatch('The fingerprint is not that of the chunk list.', 'fingerprint');
  }
  checkOneSizePerChunk(records, digest);
  return { records, chunkCount: count, fingerprint };
}

function checkSizes(records: Uint8Array, expected: number): void {
  let total = 0;
  for (let index = 0; index < recordCount(records); index++) {
    const size = sizeAt(records, index);
    if (!isChunkSize(size)) {
      throw mismatch(`Chunk ${index} is not 1 to ${MAX_CHUNK_BYTES} bytes long.`);
    }
    total += size;
  }
  if (total !== expected) {
    throw mismatch(`The chunks add up to ${total} bytes, the size is ${expected}.`);
  }
}

function checkOneSizePerChunk(records: Uint8Array, seed: Uint8Array): void {
  const table = new DigestTable(records, seed);
  for (let index = 0; index < recordCount(records); index++) {
    const first = table.firstOf(index);
    if (sizeAt(records, first) !== sizeAt(records, index)) {
      throw mismatch(`Chunks ${first} and ${index} have one id and two sizes.`);
    }
  }
}

function mismatch(detail: string, field = 'chunks'): AppError {
  return new AppError('chunks-mismatch', detail, { details: { field } });
}
