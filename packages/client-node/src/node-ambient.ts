import { hash, randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Ambient } from '@valise/client';
import { uuidV7 } from '@valise/core/ids';
import { allocateAligned } from './aligned-memory.ts';
import { digestEach } from './hashing/digest-each.ts';
import type { DigestThread } from './hashing/digest-thread.ts';

/** From here on a trip to a thread costs less than it saves. */
const WORTH_A_THREAD = 1_048_576;

/** The real clock, real randomness, and OpenSSL's SHA-256 in one call. */
export const nodeAmbient: Ambient = {
  now: () => Date.now(),
  random: () => Math.random(),
  async sleep(milliseconds, signal) {
    try {
      await wait(milliseconds, undefined, signal === undefined ? {} : { signal });
    } catch (error) {
      // Node rejects with an AbortError of its own; the contract says the signal's reason.
      signal?.throwIfAborted();
      throw error;
    }
  },
  newId: () => uuidV7(Date.now(), randomBytes(10)),
  sha256: (bytes) => hash('sha256', bytes, 'buffer'),
  sha256Each: async (bytes, sizes) => digestEach({ bytes, sizes }),
  gzip: promisify(gzip),
  allocate: (size) => new Uint8Array(size),
};

/** The same with a thread for large amounts of hashing. */
export function threadedAmbient(thread: DigestThread): Ambient {
  return {
    ...nodeAmbient,
    async sha256Each(bytes, sizes) {
      const task = { bytes, sizes };
      const isShared = bytes.buffer instanceof SharedArrayBuffer;
      if (!isShared || bytes.length < WORTH_A_THREAD) return digestEach(task);
      return thread.run(task);
    },
    allocate: (size) =>
      size < WORTH_A_THREAD ? new Uint8Array(new SharedArrayBuffer(size)) : allocateAligned(size),
  };
}
