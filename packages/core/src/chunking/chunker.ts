import { ChunkSearch } from './chunk-search.ts';
import { createCutFinder } from './create-cut-finder.ts';
import { CONTEXT, type CutFinder } from './cut-finder.ts';
import { BLOCK } from './parameters.ts';

/** Where in a chunker's memory the block lies that is to be searched next. */
const FRONT = BLOCK;
/** Bytes searched at once: little is copied in vain behind a cut, and calls are rare. */
const STRIDE = 16 * BLOCK;

export interface Chunker {
  /**
   * Offsets in the content where chunks turned out to end, a little behind them: whether one ends
   * is known when its block is whole. The bytes aren't needed any more afterwards.
   */
  push(bytes: Uint8Array): number[];
  /** The ends that are left, the last one the content's. Nothing may be pushed afterwards. */
  finish(): number[];
}

/** Shared by all chunkers: what each keeps between its calls is in its `carry`. */
let shared: CutFinder | undefined;

/**
 * Cuts a content that lies anywhere in memory, in one pass. Only what is searched is copied, about
 * half of a file; `ChunkWindow` does without that. `start` is as there.
 */
export function createChunker(start = 0): Chunker {
  shared ??= createCutFinder(FRONT + STRIDE + BLOCK);
  const finder = shared;
  const search = new ChunkSearch(start);
  /** The bytes before `position` that the search needs, at the end of it. */
  const carry = new Uint8Array(CONTEXT + BLOCK);
  let carried = 0;
  let position = start;

  /** Copies what is needed of `bytes` and answers how many of them are done with. */
  function take(bytes: Uint8Array, cuts: number[]): number {
    const needed = search.next - CONTEXT;
    if (position < needed) {
      const skipped = Math.min(needed - position, bytes.length);
      position += skipped;
      return skipped;
    }
    const at = position - origin();
    layCarried();
    const taken = bytes.subarray(0, FRONT + STRIDE - at);
    finder.bytes.set(taken, at);
    position += taken.length;
    advance(cuts, false);
    return taken.length;
  }

  /** The content's offset at address 0, while the search stands still. */
  function origin(): number {
    return search.next - FRONT;
  }

  function layCarried(): void {
    if (carried === 0) return;
    finder.bytes.set(carry.subarray(carry.length - carried), position - origin() - carried);
  }

  function advance(cuts: number[], isEnd: boolean): void {
    const hand = { finder, origin: origin(), position, isEnd };
    for (;;) {
      const cut = search.advance(hand);
      if (cut === null) break;
      cuts.push(cut);
    }
    carried = Math.max(position - (search.next - CONTEXT), 0);
    const end = position - hand.origin;
    carry.set(finder.bytes.subarray(end - carried, end), carry.length - carried);
  }

  return {
    push(bytes) {
      const cuts: number[] = [];
      for (let at = 0; at < bytes.length; ) at += take(bytes.subarray(at), cuts);
      return cuts;
    },
    finish() {
      const cuts: number[] = [];
      layCarried();
      advance(cuts, true);
      return cuts;
    },
  };
}
