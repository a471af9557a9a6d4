import type { Candidate } from './candidate-scanner.ts';
import { MAX_CHUNK, MIN_CHUNK, NORMAL_CHUNK } from './parameters.ts';

/**
 * Chooses among candidates where chunks end. Knows nothing but the current chunk's start, so that
 * candidates found elsewhere, by any number of threads, give the same cuts.
 */
export class CutSelector {
  #start: number;

  constructor(start = 0) {
    this.#start = start;
  }

  /** Where the chunk that is still open begins. */
  get start(): number {
    return this.#start;
  }

  /**
   * Appends to `cuts` the offsets where chunks end. `candidates` are all those after the last
   * call's `end`, up to and including `end`.
   */
  advance(candidates: readonly Candidate[], end: number, cuts: number[]): void {
    for (const candidate of candidates) {
      const offset = Math.floor(candidate / 2);
      this.#cutAtMaximum(offset, cuts);
      const length = offset - this.#start;
      if (length >= NORMAL_CHUNK || (length >= MIN_CHUNK && candidate % 2 === 1)) {
        this.#cut(offset, cuts);
      }
    }
    this.#cutAtMaximum(end, cuts);
  }

  /** The content ends here; whatever is left is the last chunk. */
  finish(length: number, cuts: number[]): void {
    if (length > this.#start) this.#cut(length, cuts);
  }

  #cutAtMaximum(end: number, cuts: number[]): void {
    while (end - this.#start >= MAX_CHUNK) this.#cut(this.#start + MAX_CHUNK, cuts);
  }

  #cut(offset: number, cuts: number[]): void {
    this.#start = offset;
    cuts.push(offset);
  }
}

/** The offsets where the chunks of a content of `length` bytes end; the last is `length`. */
export function selectCuts(candidates: readonly Candidate[], length: number): number[] {
  const cuts: number[] = [];
  const selector = new CutSelector();
  selector.advance(candidates, length, cuts);
  selector.finish(length, cuts);
  return cuts;
}
