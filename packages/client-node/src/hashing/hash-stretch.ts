import { hash } from 'node:crypto';
import type { Chain, Stretch } from '@valise/client/hashing';
import { ChunkWindow } from '@valise/core/chunking';

/** Bytes per read: they are cut and hashed while they are still in the processor's cache. */
const STEP = 262_144;

export interface StretchInput {
  /** Fills `into` from `position` on, entirely, or throws. */
  read(into: Uint8Array, position: number): void;
  /** Bytes read since the last call. May throw to stop. */
  onStep(bytes: number): void;
}

let window: ChunkWindow | undefined;

/** Chunks and hashes a stretch of a file on the calling thread. Every byte is read once. */
export function hashStretch({ size, start, until }: Stretch, input: StretchInput): Chain {
  window ??= new ChunkWindow(STEP);
  window.restart(start);
  const ends: number[] = [];
  const digests: Uint8Array[] = [];
  for (let read = start; read < size && (ends.at(-1) ?? start) < until; ) {
    const fresh = window.room(Math.min(STEP, size - read));
    input.read(fresh, read);
    read += fresh.length;
    const chunks = window.push(fresh.length);
    if (read === size) chunks.push(...window.finish());
    for (const { end, bytes } of chunks) {
      digests.push(hash('sha256', bytes, 'buffer'));
      ends.push(end);
    }
    input.onStep(fresh.length);
  }
  return { start, ends: Float64Array.from(ends), digests: new Uint8Array(Buffer.concat(digests)) };
}
