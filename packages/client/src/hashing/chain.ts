import { DIGEST_BYTES } from '@valise/core/chunking';

/**
 * Neighbouring chunks of a file: the first begins at `start`, chunk `i` ends at `ends[i]` and has
 * the digest at byte `32 i` of `digests`.
 */
export interface Chain {
  readonly start: number;
  readonly ends: Float64Array;
  readonly digests: Uint8Array;
}

/** Two chains with a cut in common: the first one's chunks before it, the second's behind it. */
export interface Meeting {
  readonly before: Chain;
  readonly after: Chain;
}

/** Where the last chunk ends. */
export function endOf(chain: Chain): number {
  return chain.ends.at(-1) ?? chain.start;
}

/**
 * Where the chains first share a cut; null if they share none. Chains of one content that share a cut share all that follow, so whatever
 * is known to be right of the first is then known of the second.
 */
export function meet(first: Chain, second: Chain): Meeting | null {
  let left = 0;
  let right = 0;
  while (left <= first.ends.length && right <= second.ends.length) {
    const difference = cutAt(first, left) - cutAt(second, right);
    if (difference === 0) {
      return { before: slice(first, 0, left), after: slice(second, right, second.ends.length) };
    }
    if (difference < 0) left++;
    else right++;
  }
  return null;
}

/** Cut 0 is the start of the chain, cut `i + 1` the end of its chunk `i`. */
function cutAt(chain: Chain, index: number): number {
  return index === 0 ? chain.start : (chain.ends[index - 1] ?? Number.NaN);
}

/** The chunks between two cuts. */
function slice(chain: Chain, from: number, to: number): Chain {
  return {
    start: cutAt(chain, from),
    ends: chain.ends.subarray(from, to),
    digests: chain.digests.subarray(from * DIGEST_BYTES, to * DIGEST_BYTES),
  };
}
