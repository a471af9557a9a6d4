/**
 * The numbers of recipe `v1`, as `docs/chunking.md` publishes them. Changing any of them makes
 * another recipe: every chunk of every file would be new.
 */
export const MIN_CHUNK = 131_072;
/** From this length on a chunk ends at the next candidate, strict or not. */
export const NORMAL_CHUNK = 262_144;
export const MAX_CHUNK = 1_048_576;

/** Offsets are grouped into blocks of this many bytes to bound the work on crafted content. */
export const BLOCK = 4096;
/** Stage-1 hits per block that reach stage 2. Random content has one. */
export const HITS_PER_BLOCK = 64;

/** Bytes before a position that decide, together with its own, whether it is a candidate. */
export const WINDOW = 48;

/** Stage 1, the table of `t`: what a byte is mixed with, by its low four bits. */
export const LOW_NIBBLE_MIX: readonly number[] = [
  0x3d, 0xe1, 0x92, 0x47, 0xb8, 0x0f, 0xd4, 0x6a, 0x25, 0xfc, 0x71, 0x8b, 0x5e, 0xc9, 0x16, 0xa3,
];

/** Stage 2: a hash below it makes a candidate (1 in 16), … */
export const LOOSE_LIMIT = 0x1000_0000;
/** … below this a strict one (1 in 64). */
export const STRICT_LIMIT = 0x0400_0000;
