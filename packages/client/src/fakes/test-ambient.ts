import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { uuidV7 } from '@valise/core/ids';
import type { Ambient } from '../ports.ts';

export interface FakeAmbient extends Ambient {
  /** The pauses that were asked for, in milliseconds; they pass at once. */
  readonly pauses: number[];
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}

/** A clock that only sleeping moves. */
export function fakeAmbient(): FakeAmbient {
  let now = Date.UTC(2026, 0, 1);
  let ids = 0;
  const pauses: number[] = [];
  return {
    pauses,
    now: () => now,
    random: () => 0.5,
    async sleep(milliseconds, signal) {
      signal?.throwIfAborted();
      pauses.push(milliseconds);
      now += milliseconds;
    },
    newId: () => uuidV7(now, new Uint8Array(10).fill(ids++ % 256)),
    sha256,
    async sha256Each(bytes, sizes) {
      let end = 0;
      const digests = sizes.map((size) => {
        end += size;
        return sha256(bytes.subarray(end - size, end));
      });
      return Buffer.concat(digests);
    },
    gzip: async (bytes) => gzipSync(bytes),
    allocate: (size) => new Uint8Array(size),
  };
}
