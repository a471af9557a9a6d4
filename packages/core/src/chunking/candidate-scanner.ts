import { HitFinder } from './hit-finder.ts';
import { BLOCK, HITS_PER_BLOCK, LOOSE_LIMIT, STRICT_LIMIT } from './parameters.ts';
import { windowHash } from './window-hash.ts';

/**
 * A place where a chunk may end: twice the offset of the byte after it, plus 1 if it is strict.
 * A number, so that lists of them are cheap.
 */
export type Candidate = number;

/** Bytes kept from before a position: both stages' reach, in whole words. */
export const CONTEXT = 64;

/**
 * Finds the candidates of a content that is pushed piece by piece, of any sizes. Pieces are read
 * in place; only the 64 bytes around a seam are copied. The list depends on the content alone.
 */
export class CandidateScanner {
  /** Offset of the next byte. */
  #position: number;
  /** Stage-1 hits so far in the block of `#position`. */
  #blockHits = 0;
  /** The bytes just before `#position`, then room for those just after. */
  readonly #seam: Uint8Array = new Uint8Array(2 * CONTEXT);
  readonly #seamWords: Int32Array = new Int32Array(this.#seam.buffer);
  readonly #finder = new HitFinder();

  /**
   * To begin in mid-file, give an offset that is a multiple of `BLOCK` and the `CONTEXT` bytes
   * before it; or `skip` to such an offset, over at least as many.
   */
  constructor(position = 0, context: Uint8Array = new Uint8Array(0)) {
    this.#position = position;
    this.#keepTail(context);
  }

  get position(): number {
    return this.#position;
  }

  /** Appends the candidates among the positions of `bytes` to `found`. */
  push(bytes: Uint8Array, found: Candidate[]): void {
    let at = this.#scanCopy(bytes.subarray(0, CONTEXT), found);
    // In place in whole words, wherever the piece lies in its buffer; up to three bytes remain.
    const end = bytes.length - ((bytes.byteOffset + bytes.length) & 3);
    if (end > at) {
      const lead = -bytes.byteOffset & 3;
      const aligned = bytes.subarray(lead, end);
      const words = new Int32Array(aligned.buffer, aligned.byteOffset, aligned.length / 4);
      this.#scan({ bytes: aligned, words, found }, at - lead, aligned.length);
      this.#keepTail(bytes.subarray(0, end));
      at = end;
    }
    this.#scanCopy(bytes.subarray(at), found);
  }

  /** Passes over bytes without looking. The next byte pushed must begin a block. */
  skip(bytes: Uint8Array): void {
    this.#position += bytes.length;
    this.#blockHits = 0;
    this.#keepTail(bytes);
  }

  /** Scans up to `CONTEXT` bytes behind a copy of what precedes them. Returns their number. */
  #scanCopy(bytes: Uint8Array, found: Candidate[]): number {
    this.#seam.set(bytes, CONTEXT);
    const piece = { bytes: this.#seam, words: this.#seamWords, found };
    this.#scan(piece, CONTEXT, CONTEXT + bytes.length);
    this.#keepTail(bytes);
    return bytes.length;
  }

  /** Scans `bytes[from…to)`, of which the first is at `#position`. */
  #scan(
    piece: { readonly bytes: Uint8Array; readonly words: Int32Array; readonly found: Candidate[] },
    from: number,
    to: number,
  ): void {
    const { bytes, words, found } = piece;
    const origin = this.#position - from;
    let at = from;
    while (at < to) {
      const blockEnd = (Math.floor(this.#position / BLOCK) + 1) * BLOCK - origin;
      const end = Math.min(blockEnd, to);
      const hits = this.#finder.find(words, at, end);
      const taken = Math.min(hits, HITS_PER_BLOCK - this.#blockHits);
      for (let hit = 0; hit < taken; hit++) {
        const last = this.#finder.hits[hit] as number;
        const hash = windowHash(bytes, last);
        if (hash < LOOSE_LIMIT) {
          found.push((origin + last + 1) * 2 + (hash < STRICT_LIMIT ? 1 : 0));
        }
      }
      this.#blockHits = end === blockEnd ? 0 : this.#blockHits + taken;
      this.#position = origin + end;
      at = end;
    }
  }

  /** Moves the last `CONTEXT` bytes up to here into the seam. */
  #keepTail(bytes: Uint8Array): void {
    const kept = Math.min(bytes.length, CONTEXT);
    this.#seam.copyWithin(0, kept, CONTEXT);
    this.#seam.set(bytes.subarray(bytes.length - kept), CONTEXT - kept);
  }
}

/**
 * The candidates of one segment of a file, for scanning several at once: the lists of neighbouring
 * segments, one after the other, are the list of the whole. A segment begins at a multiple of
 * `BLOCK`; `context` is the `CONTEXT` bytes before it, none at the file's start.
 */
export function findCandidates(
  segment: Uint8Array,
  offset: number,
  context: Uint8Array,
): Candidate[] {
  if (offset % BLOCK !== 0 || context.length < Math.min(offset, CONTEXT)) {
    throw new RangeError(`A segment starts at a multiple of ${BLOCK}, with what is before it.`);
  }
  const found: Candidate[] = [];
  new CandidateScanner(offset, context).push(segment, found);
  return found;
}
