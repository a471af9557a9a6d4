import { createHash } from 'node:crypto';
import { ChunkWindow } from '@valise/core/chunking';
import type { Chain } from '../hashing/chain.ts';
import type { HashOutcome } from '../hashing/hash-pool.ts';
import type { Stretch } from '../hashing/stretch.ts';

const STEP = 262_144;

/** Chunks and hashes a stretch of content in memory. */
export function chainInMemory(content: Uint8Array, { start, until }: Stretch): Chain {
  const window = new ChunkWindow(STEP, start);
  const ends: number[] = [];
  const digests: Uint8Array[] = [];
  while (window.position < content.length && (ends.at(-1) ?? start) < until) {
    const bytes = content.subarray(window.position, window.position + STEP);
    window.room(bytes.length).set(bytes);
    const chunks = window.push(bytes.length);
    if (window.position === content.length) chunks.push(...window.finish());
    for (const chunk of chunks) {
      ends.push(chunk.end);
      digests.push(digestOf(chunk.bytes));
    }
  }
  return { start, ends: Float64Array.from(ends), digests: new Uint8Array(Buffer.concat(digests)) };
}

/** The same as a thread does it, parts included. */
export function performInMemory(content: Uint8Array, stretch: Stretch): HashOutcome {
  const { start, parts = { size: 1, total: 0 } } = stretch;
  const digests: Uint8Array[] = [];
  for (let at = 0; at < parts.total; at += parts.size) {
    const size = Math.min(parts.size, parts.total - at);
    digests.push(digestOf(content.subarray(start + at, start + at + size)));
  }
  const partDigests = new Uint8Array(Buffer.concat(digests));
  return { kind: 'done', chain: chainInMemory(content, stretch), partDigests };
}

function digestOf(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}
