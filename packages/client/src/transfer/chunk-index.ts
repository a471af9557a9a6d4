import { DIGEST_BYTES } from '@valise/core/chunking';
import { digestAt, recordCount, sizeAt } from '@valise/core/manifest';
import type { Ambient, ByteRange } from '../ports.ts';

export interface IndexedChunk extends ByteRange {
  readonly digest: Uint8Array;
}

/** A manifest by position: which chunks lie where. 8 bytes per chunk on top of the records. */
export interface ChunkIndex {
  readonly count: number;
  readonly size: number;
  /** Bytes of the largest chunk. */
  readonly largest: number;
  chunk(index: number): IndexedChunk;
  /** The chunk that holds the byte at `offset`. */
  at(offset: number): number;
}

export function createChunkIndex(records: Uint8Array): ChunkIndex {
  const count = recordCount(records);
  const offsets = new Float64Array(count + 1);
  let largest = 0;
  for (let index = 0; index < count; index++) {
    const size = sizeAt(records, index);
    offsets[index + 1] = (offsets[index] ?? 0) + size;
    if (size > largest) largest = size;
  }
  return {
    count,
    size: offsets[count] ?? 0,
    largest,
    chunk: (index) => ({
      offset: offsets[index] ?? 0,
      size: sizeAt(records, index),
      digest: digestAt(records, index),
    }),
    at: (offset) => lastNotAbove(offsets, count, offset),
  };
}

/** Binary search: the last chunk that starts at or before `offset`. */
function lastNotAbove(offsets: Float64Array, count: number, offset: number): number {
  let low = 0;
  let high = count - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((offsets[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Whether `bytes` are this chunk's. */
export async function isChunk(
  bytes: Uint8Array,
  chunk: IndexedChunk,
  ambient: Pick<Ambient, 'sha256'>,
): Promise<boolean> {
  // Not awaited where the platform hashes at once: this runs for every 256 KiB of a transfer.
  const hashed = ambient.sha256(bytes);
  const digest = hashed instanceof Uint8Array ? hashed : await hashed;
  return hasDigest(chunk, digest, 0);
}

/** Whether the digest at place `index` of `digests` is this chunk's. */
export function hasDigest(chunk: IndexedChunk, digests: Uint8Array, index: number): boolean {
  const start = index * DIGEST_BYTES;
  return chunk.digest.every((byte, at) => byte === digests[start + at]);
}
