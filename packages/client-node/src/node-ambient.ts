import { hash, randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Ambient } from '@valise/client';
import { uuidV7 } from '@valise/core/ids';

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
};
