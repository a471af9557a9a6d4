import { randomBytes } from 'node:crypto';
import { type Opaque, uuidV7 } from '@valise/core/ids';

/** What the world supplies and tests replace: time, randomness, ids. */
export interface Ambient {
  now(): Date;
  randomBytes(length: number): Uint8Array;
  /** A fresh UUIDv7 of the given kind. */
  newId<Id extends Opaque<string>>(): Id;
}

const ID_BYTES = 10;
/** Randomness for ids is drawn for many at once: each draw costs more than the id itself. */
const POOL_BYTES = 256 * ID_BYTES;

let pool: Uint8Array = new Uint8Array();
let used = 0;

function idBytes(): Uint8Array {
  if (used === pool.length) {
    pool = randomBytes(POOL_BYTES);
    used = 0;
  }
  used += ID_BYTES;
  return pool.subarray(used - ID_BYTES, used);
}

export const systemAmbient: Ambient = {
  now: () => new Date(),
  randomBytes: (length) => randomBytes(length),
  newId<Id extends Opaque<string>>(): Id {
    return uuidV7(Date.now(), idBytes()) as string as Id;
  },
};
