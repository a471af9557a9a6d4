import { CONTEXT, type CutFinder, type CutSearch } from './cut-finder.ts';
import {
  BLOCK,
  DISTANCES,
  HITS_PER_BLOCK,
  LOOSE_LIMIT,
  MULTIPLIER,
  NO_HIT,
  STRICT_LIMIT,
  WINDOW,
} from './parameters.ts';

/** The search in plain JavaScript, block by block. */
export function scalarCutFinder(size: number): CutFinder {
  const bytes = new Uint8Array(size);
  const values = new Uint16Array(CONTEXT + BLOCK);
  const products = new Uint16Array(CONTEXT + BLOCK);

  /** Stage 1: `values[CONTEXT + i]` becomes the last round's result at `block + i`. */
  function hashBlock(block: number): void {
    const first = block - CONTEXT;
    for (let at = 1; at < values.length; at++) {
      values[at] = (bytes[first + at - 1] as number) | ((bytes[first + at] as number) << 8);
    }
    for (const distance of DISTANCES) {
      for (let at = 0; at < values.length; at++) {
        products[at] = Math.imul(values[at] as number, MULTIPLIER);
      }
      // What is left of the first positions' past is wrong, but nobody looks that far back.
      for (let at = distance + 1; at < values.length; at++) {
        const upper = (products[at - distance - 1] as number) >> 8;
        const lower = (products[at - distance + 1] as number) << 8;
        values[at] = (products[at] as number) ^ upper ^ lower;
      }
    }
  }

  function searchBlock(block: number, { to, strictFrom, looseFrom, anyFrom }: CutSearch): number {
    hashBlock(block);
    let hits = 0;
    for (let at = block; at < Math.min(block + BLOCK, to) && hits < HITS_PER_BLOCK; at++) {
      const value = values[CONTEXT + at - block] as number;
      if (value <= NO_HIT || value > 0x7fff) continue;
      hits++;
      const end = at + 1;
      if (end < strictFrom) continue;
      if (end >= anyFrom) return end;
      const hash = windowHash(bytes, at);
      if (hash < STRICT_LIMIT || (hash < LOOSE_LIMIT && end >= looseFrom)) return end;
    }
    return 0;
  }

  return {
    bytes,
    find(search) {
      for (let block = search.from; block < search.to; block += BLOCK) {
        const end = searchBlock(block, search);
        if (end > 0) return end;
      }
      return 0;
    },
  };
}

/** Stage 2: 32 well-mixed bits of the `WINDOW` bytes that end with `bytes[last]`. Unsigned. */
function windowHash(bytes: Uint8Array, last: number): number {
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
