import { randomBytes } from 'node:crypto';
import { type Opaque, uuidV7 } from '@valise/core/ids';

/** What the world supplies and tests replace: time, randomness, ids. */
export interface Ambient {
  now(): Date;
  randomBytes(length: number): Uint8Array;
  /** A fresh UUIDv7 of the given kind. */
  newId<Id extends Opaque<string>>(): Id;
}

export const systemAmbient: Ambient = {
  now: () => new Date(),
  randomBytes: (length) => randomBytes(length),
  newId<Id extends Opaque<string>>(): Id {
    return uuidV7(Date.now(), randomBytes(10)) as string as Id;
  },
};
