import { type ContentRun, type PlacedRun, placeRuns } from '../plan/index.ts';
import { recordCount, sizeAt } from './records.ts';
import { recordKey, sameRecord } from './same-record.ts';

/** A stretch of chunks of the new list: in one source from chunk `from` on, or nowhere. */
interface Match {
  readonly count: number;
  readonly object: number;
  readonly from: number;
}

interface Place {
  readonly object: number;
  readonly from: number;
}

/** Places of a chunk that are tried: a chunk of zeros may stand in thousands. */
const MOST_PLACES = 4;

/**
 * Finds the chunks of a content in other contents, and says which bytes of theirs they are.
 *
 *  1. What the first source begins and ends with alike is set aside: after most edits that is nearly all.
 *  2. In between, each chunk is looked up in all sources, and of the places it has the one is taken
 *     from which most of the following chunks match as well.
 *  3. A match that fits what stands before it, too, takes over shorter matches there: runs of one
 *     chunk (zeros) would otherwise tear long ranges apart.
 *
 * Linear in the lists' lengths. The lists are claims: who made them answers for what they point at.
 */
export function matchChunks(records: Uint8Array, sources: readonly Uint8Array[]): PlacedRun[] {
  const [first = new Uint8Array()] = sources;
  const count = recordCount(records);
  const firstCount = recordCount(first);
  let head = 0;
  while (head < count && head < firstCount && sameRecord(records, head, first, head)) head++;
  let tail = 0;
  while (
    tail < Math.min(count, firstCount) - head &&
    sameRecord(records, count - 1 - tail, first, firstCount - 1 - tail)
  ) {
    tail++;
  }
  const matches: Match[] = [{ count: head, object: 0, from: 0 }];
  matchMiddle(records, sources, { from: head, to: count - tail, matches });
  matches.push({ count: tail, object: 0, from: firstCount - tail });
  return toRuns(records, sources, matches);
}

function matchMiddle(
  records: Uint8Array,
  sources: readonly Uint8Array[],
  middle: { readonly from: number; readonly to: number; readonly matches: Match[] },
): void {
  const { from, to, matches } = middle;
  if (from === to) return;
  const places = findPlaces(records, sources, middle);
  const longest = (at: number): Match => {
    let best: Match = { count: 1, object: -1, from: 0 };
    for (const place of places.get(recordKey(records, at)) ?? []) {
      const source = sources[place.object] ?? new Uint8Array();
      const most = Math.min(to - at, recordCount(source) - place.from);
      let count = 0;
      while (count < most && sameRecord(records, at + count, source, place.from + count)) count++;
      if (count > 0 && (best.object < 0 || count > best.count)) best = { ...place, count };
    }
    return best;
  };
  for (let at = from; at < to; ) {
    let match = longest(at);
    at += match.count;
    for (;;) {
      const before = matches.at(-1);
      if (before === undefined || !takesOver(records, sources, { match, before, at })) break;
      matches.pop();
      match = {
        ...match,
        from: match.from - before.count,
        count: match.count + before.count,
      };
    }
    matches.push(match);
  }
}

/** Where the middle's chunks stand in the sources. */
function findPlaces(
  records: Uint8Array,
  sources: readonly Uint8Array[],
  { from, to }: { readonly from: number; readonly to: number },
): ReadonlyMap<string, readonly Place[]> {
  const places = new Map<string, Place[]>();
  for (let at = from; at < to; at++) places.set(recordKey(records, at), []);
  for (const [object, source] of sources.entries()) {
    for (let at = 0; at < recordCount(source); at++) {
      const known = places.get(recordKey(source, at));
      if (known !== undefined && known.length < MOST_PLACES) known.push({ object, from: at });
    }
  }
  return places;
}

/** `match` ends at chunk `at` of the new list; `before` is the match that ends where it begins. */
function takesOver(
  records: Uint8Array,
  sources: readonly Uint8Array[],
  { match, before, at }: { readonly match: Match; readonly before: Match; readonly at: number },
): boolean {
  if (match.object < 0 || before.object < 0 || before.count >= match.count) return false;
  const start = at - match.count - before.count;
  const from = match.from - before.count;
  const source = sources[match.object];
  if (from < 0 || source === undefined) return false;
  for (let n = 0; n < before.count; n++) {
    if (!sameRecord(records, start + n, source, from + n)) return false;
  }
  return true;
}

function toRuns(
  records: Uint8Array,
  sources: readonly Uint8Array[],
  matches: readonly Match[],
): PlacedRun[] {
  const offsets = sources.map(createOffsets);
  const runs: ContentRun[] = [];
  let at = 0;
  for (const { count, object, from } of matches) {
    let size = 0;
    for (let n = 0; n < count; n++) size += sizeAt(records, at + n);
    at += count;
    if (size === 0) continue;
    const offset = object < 0 ? null : (offsets[object]?.(from) ?? null);
    runs.push({ size, source: offset === null ? null : { object, from: offset } });
  }
  return placeRuns(runs);
}

/** Offsets by chunk number; the sums are made once they are asked for. */
function createOffsets(source: Uint8Array): (index: number) => number {
  let sums: Float64Array | null = null;
  return (index) => {
    if (index === 0) return 0;
    if (sums === null) {
      sums = new Float64Array(recordCount(source) + 1);
      for (let at = 0; at < sums.length - 1; at++) {
        sums[at + 1] = (sums[at] ?? 0) + sizeAt(source, at);
      }
    }
    return sums[index] ?? 0;
  };
}
