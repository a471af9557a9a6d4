import { hash } from 'node:crypto';
import { createChunker, MAX_CHUNK } from '@valise/core/chunking';
import type { Chain } from './chain.ts';

/** Bytes per read: they are cut and hashed while they are still in the processor's cache. */
const STEP = 1_048_576;

/** What one thread holds of a file: an open chunk, and what was read last. */
const WINDOW = MAX_CHUNK + STEP;

export interface Stretch {
  /** Bytes of the whole file. */
  readonly size: number;
  /** Taken for a cut. */
  readonly start: number;
  /** The chain goes on to the first cut here or later, at most to the file's end. */
  readonly until: number;
}

export interface StretchInput {
  /** Fills `into` from `position` on, entirely, or throws. */
  read(into: Uint8Array, position: number): void;
  /** Bytes read since the last call. May throw to stop. */
  onStep(bytes: number): void;
}

let window: Uint8Array | undefined;

/** Chunks and hashes a stretch of a file on the calling thread. Every byte is read once. */
export function hashStretch({ size, start, until }: Stretch, input: StretchInput): Chain {
  window ??= new Uint8Array(WINDOW);
  const chunker = createChunker(start);
  const ends: number[] = [];
  const digests: Uint8Array[] = [];
  // `window` holds the file's bytes from `open` on, where the open chunk begins, up to `read`.
  let open = start;
  let read = start;
  while (read < size && open < until) {
    const fresh = window.subarray(read - open, read - open + Math.min(STEP, size - read));
    input.read(fresh, read);
    read += fresh.length;
    const cuts = chunker.push(fresh);
    if (read === size) cuts.push(...chunker.finish());
    const base = open;
    for (const cut of cuts) {
      digests.push(hash('sha256', window.subarray(open - base, cut - base), 'buffer'));
      ends.push(cut);
      open = cut;
    }
    window.copyWithin(0, open - base, read - base);
    input.onStep(fresh.length);
  }
  return { start, ends: Float64Array.from(ends), digests: new Uint8Array(Buffer.concat(digests)) };
}
