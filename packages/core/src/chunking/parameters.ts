/**
 * The numbers of recipe `v1`, as `docs/chunking.md` publishes them. Changing any of them makes
 * another recipe: every chunk of every file would be new. `assembly/find-cut.ts` repeats some.
 */
export const MIN_CHUNK = 131_072;
/** From this length on a chunk ends at the next candidate, strict or not, … */
export const NORMAL_CHUNK = 262_144;
/** … and from this one on at the next hit. */
export const LATE_CHUNK = 524_288;
export const MAX_CHUNK = 1_048_576;

/** Offsets are grouped into blocks of this many bytes to bound the work on crafted content. */
export const BLOCK = 4096;
/** Stage-1 hits per block that count. Random content has one. */
export const HITS_PER_BLOCK = 64;

/** Stage 1: the factor of each round, and how far back each one mixes. */
export const MULTIPLIER = 0x6f4b;
export const DISTANCES = [5, 11, 15] as const;
/** Stage 1, the last round's result read as a signed number: a hit is greater. */
export const NO_HIT = 0x7fef;

/** Bytes before a position that decide, together with its own, whether it is a candidate. */
export const WINDOW = 48;
/** Stage 2: a hash below it makes a candidate (1 in 16), … */
export const LOOSE_LIMIT = 0x1000_0000;
/** … below this a strict one (1 in 64). */
export const STRICT_LIMIT = 0x0400_0000;
