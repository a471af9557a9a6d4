import type { CutFinder } from './cut-finder.ts';
import { BLOCK, LATE_CHUNK, MAX_CHUNK, MIN_CHUNK, NORMAL_CHUNK } from './parameters.ts';

/** What is at hand of a content: everything from `ChunkSearch.needed` up to `position`. */
export interface AtHand {
  readonly finder: CutFinder;
  /** The content's offset that lies at address 0; a multiple of `BLOCK`. */
  readonly origin: number;
  readonly position: number;
  /** Whether the content ends at `position`. */
  readonly isEnd: boolean;
}

/** Looks for the ends of a content's chunks, one after the other, as its bytes come to hand. */
export class ChunkSearch {
  #start: number;
  /** The open chunk doesn't end before this; a multiple of `BLOCK`. */
  #searched = 0;

  constructor(start: number) {
    this.#start = start;
  }

  /** Where the open chunk begins. */
  get start(): number {
    return this.#start;
  }

  /** Where the search goes on; it has no use for what lies `CONTEXT` before that. */
  get next(): number {
    return Math.max(this.#searched, blockOf(this.#start + MIN_CHUNK - 1));
  }

  /** The open chunk's end, which opens the next one; null if more bytes are needed to know. */
  advance(hand: AtHand): number | null {
    const latest = this.#start + MAX_CHUNK;
    const known = Math.min(hand.position, latest);
    const isLast = known === latest || hand.isEnd;
    const end = this.#find(hand, isLast ? known : blockOf(known));
    if (end !== null) return this.#open(end);
    return isLast && known > this.#start ? this.#open(known) : null;
  }

  #find({ finder, origin }: AtHand, to: number): number | null {
    const from = this.next;
    if (from >= to) return null;
    const start = this.#start - origin;
    const found = finder.find({
      from: from - origin,
      to: to - origin,
      strictFrom: start + MIN_CHUNK,
      looseFrom: start + NORMAL_CHUNK,
      anyFrom: start + LATE_CHUNK,
    });
    if (found > 0) return found + origin;
    this.#searched = blockOf(to);
    return null;
  }

  #open(start: number): number {
    this.#start = start;
    return start;
  }
}

/** Where the block that an offset lies in begins. */
export function blockOf(offset: number): number {
  return offset - (offset % BLOCK);
}
