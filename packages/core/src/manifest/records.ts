import {
  DIGEST_BYTES,
  type FileFingerprint,
  fingerprintOf,
  formatChunkId,
  parseChunkId,
  type Sha256,
} from '../chunking/index.ts';
import { AppError } from '../errors/index.ts';
import type { ChunkRef } from '../wire/index.ts';

/**
 * A manifest is a content's chunk list, packed: per chunk its 32-byte digest and its size as an
 * unsigned 32-bit big-endian number. A 50 GiB file's takes 7.4 MB; as JSON it would be 17.
 */
export const RECORD_BYTES = DIGEST_BYTES + 4;

/** Readers hold a whole chunk to verify it. */
export const MAX_CHUNK_BYTES = 4_194_304;

export interface ManifestChunk {
  readonly id: string;
  readonly offset: number;
  readonly size: number;
}

/** Throws `invalid-value` for an id that is none, `chunks-mismatch` for a size that is none. */
export function packChunks(chunks: readonly ChunkRef[]): Uint8Array {
  const records = new Uint8Array(chunks.length * RECORD_BYTES);
  let at = 0;
  for (const [id, size] of chunks) {
    if (!isChunkSize(size)) throw mismatch(`Chunks are 1 to ${MAX_CHUNK_BYTES} bytes long.`);
    parseChunkId(id, records.subarray(at, at + DIGEST_BYTES));
    writeSize(records, at + DIGEST_BYTES, size);
    at += RECORD_BYTES;
  }
  return records;
}

/** Packs digests (32 bytes each, end to end) and the sizes that belong to them. */
export function packDigests(digests: Uint8Array, sizes: ArrayLike<number>): Uint8Array {
  const records = new Uint8Array(sizes.length * RECORD_BYTES);
  for (let index = 0; index < sizes.length; index++) {
    const at = index * RECORD_BYTES;
    records.set(digests.subarray(index * DIGEST_BYTES, (index + 1) * DIGEST_BYTES), at);
    writeSize(records, at + DIGEST_BYTES, sizes[index] ?? 0);
  }
  return records;
}

export function unpackChunks(records: Uint8Array): ChunkRef[] {
  return Array.from(
    { length: recordCount(records) },
    (_, index): ChunkRef => [formatChunkId(digestAt(records, index)), sizeAt(records, index)],
  );
}

/** Up to `limit` chunks from number `from` on, with their offsets in the file. */
export function chunksFrom(records: Uint8Array, from: number, limit: number): ManifestChunk[] {
  let offset = manifestSize(sliceRecords(records, 0, from));
  return unpackChunks(sliceRecords(records, from, limit)).map(([id, size]) => {
    const chunk = { id, offset, size };
    offset += size;
    return chunk;
  });
}

/** How many records there are. Throws `chunks-mismatch` when the last one is cut off. */
export function recordCount(records: Uint8Array): number {
  if (records.length % RECORD_BYTES !== 0) {
    throw mismatch(`Chunk records take ${RECORD_BYTES} bytes each.`);
  }
  return records.length / RECORD_BYTES;
}

/** A view of up to `limit` records from number `from` on. */
export function sliceRecords(records: Uint8Array, from: number, limit: number): Uint8Array {
  return records.subarray(from * RECORD_BYTES, (from + limit) * RECORD_BYTES);
}

/** A view of one chunk's digest. */
export function digestAt(records: Uint8Array, index: number): Uint8Array {
  return records.subarray(index * RECORD_BYTES, index * RECORD_BYTES + DIGEST_BYTES);
}

export function sizeAt(records: Uint8Array, index: number): number {
  const at = index * RECORD_BYTES + DIGEST_BYTES;
  return (
    ((records[at] ?? 0) * 0x1000000 +
      (((records[at + 1] ?? 0) << 16) | ((records[at + 2] ?? 0) << 8) | (records[at + 3] ?? 0))) >>>
    0
  );
}

/** Bytes of the content that the records describe. */
export function manifestSize(records: Uint8Array): number {
  let size = 0;
  for (let index = 0; index < recordCount(records); index++) size += sizeAt(records, index);
  return size;
}

/** The records' digests end to end: what a file's fingerprint is the hash of. */
export function digestsOf(records: Uint8Array): Uint8Array {
  const digests = new Uint8Array(recordCount(records) * DIGEST_BYTES);
  for (let at = 0, from = 0; at < digests.length; at += DIGEST_BYTES, from += RECORD_BYTES) {
    digests.set(records.subarray(from, from + DIGEST_BYTES), at);
  }
  return digests;
}

export function fingerprintOfRecords(records: Uint8Array, sha256: Sha256): FileFingerprint {
  return fingerprintOf(digestsOf(records), sha256);
}

export function isChunkSize(size: number): boolean {
  return Number.isInteger(size) && size >= 1 && size <= MAX_CHUNK_BYTES;
}

function mismatch(detail: string): AppError {
  return new AppError('chunks-mismatch', detail, { details: { field: 'chunks' } });
}

export function writeSize(into: Uint8Array, at: number, size: number): void {
  into[at] = size >>> 24;
  into[at + 1] = size >>> 16;
  into[at + 2] = size >>> 8;
  into[at + 3] = size;
}
