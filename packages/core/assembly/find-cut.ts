/**
 * The chunker's inner loop (docs/chunking.md, sections 1 and 2) for 16 positions at a time, in
 * AssemblyScript. `npm run build:wasm` turns it into `src/chunking/find-cut-module.ts`.
 *
 * A vector holds eight 16-bit lanes. The lane of position p is made of the bytes p-1 and p, so the
 * vector loaded at address a holds the positions a+1, a+3 … a+15, and the
 * one loaded at a-1 the positions between. The distances are odd, so each of the two sets of
 * positions is mixed within itself: a shift by `d` bytes brings the upper byte of position p-d-1 and
 * the lower one of p-d+1 to where position p is.
 */

const WARM_UP: usize = 64;
const BLOCK: usize = 4096;
const HITS_PER_BLOCK: i32 = 64;
const WINDOW: usize = 48;
const STRICT_LIMIT: u32 = 0x04000000;
const LOOSE_LIMIT: u32 = 0x10000000;

/** The last 16 bytes but 5, 11, 15 of `before` and `now`, mixed into `now`. */
function mix5(before: v128, now: v128): v128 {
  return v128.xor(
    now,
    v128.shuffle<u8>(before, now, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26),
  );
}
function mix11(before: v128, now: v128): v128 {
  return v128.xor(
    now,
    v128.shuffle<u8>(before, now, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20),
  );
}
function mix15(before: v128, now: v128): v128 {
  return v128.xor(
    now,
    v128.shuffle<u8>(before, now, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16),
  );
}

/** Stage 2: the hash of the 48 bytes that end with the one at `last`. */
function windowHash(last: usize): u32 {
  let hash: u32 = 0x9e3779b9;
  for (let at = last - WINDOW + 1; at <= last; at += 4) {
    hash = (hash ^ load<u32>(at)) * 0xcc9e2d51;
    hash ^= hash >> 15;
  }
  hash *= 0x85ebca6b;
  hash ^= hash >> 13;
  hash *= 0xc2b2ae35;
  return hash ^ (hash >> 16);
}

/**
 * The address behind the first position in `from … to-1` where a chunk may end, 0 if there is none.
 * `from` begins a block and isn't the first one; up to 15 bytes behind `to` are read in vain.
 * A strict candidate counts from the address `strictFrom` on, any candidate from `looseFrom`, any
 * hit from `anyFrom`.
 *
 * `multiplier` and `limit` (the greatest number that is no hit) never change. They are parameters
 * because V8 builds vector constants anew at every use, which takes as long as the hash itself.
 */
export function findCut(
  from: usize,
  to: usize,
  strictFrom: i32,
  looseFrom: i32,
  anyFrom: i32,
  multiplier: i32,
  limit: i32,
): i32 {
  const k = i16x8.splat(<i16>multiplier);
  const none = i16x8.splat(<i16>limit);
  const odd = i16x8.splat(0x00ff);
  // The products of the three rounds at the 16 positions before, of either set.
  let a1 = i16x8.splat(0);
  let a2 = i16x8.splat(0);
  let a3 = i16x8.splat(0);
  let b1 = i16x8.splat(0);
  let b2 = i16x8.splat(0);
  let b3 = i16x8.splat(0);
  let hits = 0;
  for (let at = from - WARM_UP; at < to; at += 16) {
    let now = i16x8.mul(v128.load(at), k);
    let mixed = mix5(a1, now);
    a1 = now;
    now = i16x8.mul(mixed, k);
    mixed = mix11(a2, now);
    a2 = now;
    now = i16x8.mul(mixed, k);
    const a = mix15(a3, now);
    a3 = now;

    now = i16x8.mul(v128.load(at - 1), k);
    mixed = mix5(b1, now);
    b1 = now;
    now = i16x8.mul(mixed, k);
    mixed = mix11(b2, now);
    b2 = now;
    now = i16x8.mul(mixed, k);
    const b = mix15(b3, now);
    b3 = now;

    if ((at & (BLOCK - 1)) === 0) hits = 0;
    if (!v128.any_true(i16x8.gt_s(i16x8.max_s(a, b), none)) || at < from) continue;
    let found = i8x16.bitmask(v128.bitselect(i16x8.gt_s(b, none), i16x8.gt_s(a, none), odd));
    while (found !== 0 && hits < HITS_PER_BLOCK) {
      const last = at + <usize>ctz(found);
      found &= found - 1;
      hits++;
      const end = <i32>last + 1;
      if (end > <i32>to) return 0;
      if (end < strictFrom) continue;
      if (end >= anyFrom) return end;
      const hash = windowHash(last);
      if (hash < STRICT_LIMIT || (hash < LOOSE_LIMIT && end >= looseFrom)) return end;
    }
  }
  return 0;
}
