import { WINDOW } from './parameters.ts';

/**
 * Stage 2 of the chunker: 32 well-mixed bits of the `WINDOW` bytes that end with `bytes[last]`,
 * read as twelve little-endian words. Unsigned.
 */
export function windowHash(bytes: Uint8Array, last: number): number {
  let hash = 0x9e3779b9;
  for (let at = last - WINDOW + 1; at <= last; at += 4) {
    const word =
      (bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24);
    hash = Math.imul(hash ^ word, 0xcc9e2d51);
    hash ^= hash >>> 15;
  }
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
