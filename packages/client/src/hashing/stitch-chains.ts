import { type Chain, endOf, type Meeting, meet } from './chain.ts';

/**
 * Makes the file's one true chain from chains that were started at guessed cuts.
 *
 * The first starts at 0 and is right. Each further one is right from where it shares a cut with
 * the right chain before it, which goes on for a while behind the other's start for this reason.
 * Random content makes two chains meet within a few chunks. Content in which they don't (long runs
 * of zeros that began elsewhere) is gone through again from the right chain's end, by `extend`,
 * until they do.
 *
 * Answers pieces of the chain in order. `chains` are in order of their starts and each ends behind
 * the next one's start; the last two reach the file's end, if no other.
 */
export async function stitchChains(
  chains: AsyncIterable<Chain>,
  extend: (start: number) => Promise<Chain>,
): Promise<Chain[]> {
  const pieces: Chain[] = [];
  let tail: Chain | null = null;
  for await (const chain of chains) {
    let met: Meeting | null = tail === null ? null : meet(tail, chain);
    while (tail !== null && met === null && endOf(tail) < endOf(chain)) {
      pieces.push(tail);
      tail = await extend(endOf(tail));
      met = meet(tail, chain);
    }
    if (tail === null) tail = chain;
    if (met !== null) {
      pieces.push(met.before);
      tail = met.after;
    }
  }
  return tail === null ? pieces : [...pieces, tail];
}
