/** Where one key stands in the old list and in the new one. */
export interface Pair {
  readonly old: number;
  readonly new: number;
}

/**
 * The longest run of keys, each standing exactly once in either list, that is in order in both:
 * what a diff can safely hold on to. n log n (patience sorting).
 */
export function risingPairs(before: readonly string[], after: readonly string[]): Pair[] {
  const old = placesOfUnique(before);
  const fresh = placesOfUnique(after);
  const pairs: Pair[] = [];
  // A map keeps the order of insertion, so the pairs rise in `old` already.
  for (const [key, place] of old) {
    const other = fresh.get(key);
    if (other !== undefined) pairs.push({ old: place, new: other });
  }
  return longestRising(pairs);
}

function placesOfUnique(keys: readonly string[]): Map<string, number> {
  const places = new Map<string, number>();
  const repeated = new Set<string>();
  for (const [place, key] of keys.entries()) {
    if (places.has(key)) repeated.add(key);
    else places.set(key, place);
  }
  for (const key of repeated) places.delete(key);
  return places;
}

interface Link {
  readonly pair: Pair;
  readonly previous: Link | undefined;
}

function longestRising(pairs: readonly Pair[]): Pair[] {
  // piles[n] ends the run of n + 1 pairs whose last `new` is smallest.
  const piles: Link[] = [];
  for (const pair of pairs) {
    let low = 0;
    let high = piles.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((piles[middle]?.pair.new ?? 0) < pair.new) low = middle + 1;
      else high = middle;
    }
    piles[low] = { pair, previous: piles[low - 1] };
  }
  const run: Pair[] = [];
  for (let link = piles.at(-1); link !== undefined; link = link.previous) run.push(link.pair);
  return run.reverse();
}
