import { HITS_PER_BLOCK, LOW_NIBBLE_MIX } from './parameters.ts';

/** Words before a position that its hash reaches back to, with one to spare. */
const WARM_UP = 6;

/** `LOW_NIBBLE_MIX` for two bytes at once, by their two low nibbles; and the same, 16 bits up. */
const LOW_PAIR = Int32Array.from({ length: 256 }, (_, nibbles) => {
  return (LOW_NIBBLE_MIX[nibbles & 15] ?? 0) | ((LOW_NIBBLE_MIX[nibbles >> 4] ?? 0) << 8);
});
const HIGH_PAIR = LOW_PAIR.map((pair) => pair << 16);

/**
 * Stage 1 of the chunker, for four positions at a time: a 32-bit integer holds four 8-bit lanes,
 * the lowest being the first byte (typed arrays are little-endian wherever JavaScript runs).
 *
 *   lanes added        (a & 7f…) + (b & 7f…) ^ (a ^ b) & 80…     no carry crosses a lane
 *   lanes averaged up  (a | b) - ((a ^ b) >>> 1 & 7f…)
 *   lanes n bytes ago  this word << 8n | the word before >>> 32 - 8n
 *
 * About 1 ns a byte; the plain form of the same hash is in the tests.
 */
export class HitFinder {
  /** Byte positions of the last `find`, counted from the first word. */
  readonly hits: Int32Array = new Int32Array(HITS_PER_BLOCK);

  /**
   * Writes the first hits among the bytes `from` to `to` (excluded) into `hits` and returns how
   * many. The 20 bytes before `from` must be there, unless nothing but zeros ever were.
   */
  find(words: Int32Array, from: number, to: number): number {
    const end = Math.min((to + 3) >> 2, words.length);
    let word = 0;
    let t = 0;
    let t1 = 0;
    let z = 0;
    let z1 = 0;
    let z2 = 0;
    let count = 0;
    for (let index = Math.max((from >> 2) - WARM_UP, 0); index < end; index++) {
      const before = word;
      word = words[index] as number;
      const b1 = (word << 8) | (before >>> 24);
      const b3 = (word << 24) | (before >>> 8);
      const average = (b1 | b3) - (((b1 ^ b3) >>> 1) & 0x7f7f7f7f);
      const y = ((word & 0x7f7f7f7f) + (average & 0x7f7f7f7f)) ^ ((word ^ average) & 0x80808080);

      const nibbles = y & 0x0f0f0f0f;
      const pairs = nibbles | (nibbles >>> 4);
      const t2 = t1;
      t1 = t;
      t = y ^ (LOW_PAIR[pairs & 0xff] as number) ^ (HIGH_PAIR[(pairs >>> 16) & 0xff] as number);

      const t5 = (t1 << 8) | (t2 >>> 24);
      const z3 = z2;
      z2 = z1;
      z1 = z;
      z = ((t & 0x7f7f7f7f) + (t5 & 0x7f7f7f7f)) ^ ((t ^ t5) & 0x80808080);

      const u = z ^ ((z2 << 24) | (z3 >>> 8));
      // A hit is a lane of zeros here: u is 0x35 and z is 0x70–0x7f.
      const miss = (u ^ 0x35353535) | ((z ^ 0x70707070) & 0xf0f0f0f0);
      if (((miss - 0x01010101) & ~miss & 0x80808080) !== 0) {
        count = this.#note(miss, index << 2, { from, to, count });
        if (count === HITS_PER_BLOCK) break;
      }
    }
    return count;
  }

  #note(
    miss: number,
    first: number,
    range: { readonly from: number; readonly to: number; readonly count: number },
  ): number {
    let { count } = range;
    for (let lane = 0; lane < 4 && count < HITS_PER_BLOCK; lane++) {
      const position = first + lane;
      const isHit = ((miss >>> (lane * 8)) & 0xff) === 0;
      if (isHit && position >= range.from && position < range.to) {
        this.hits[count] = position;
        count++;
      }
    }
    return count;
  }
}
