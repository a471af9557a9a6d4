/** Where some bytes of a file can be copied from: an object that the store has already. */
export interface RunSource {
  /** Place of the object in the list of sources. */
  readonly object: number;
  /** First byte of the range in it. */
  readonly from: number;
}

/** A stretch of a file: its bytes stand together in one source, or have to be uploaded (null). */
export interface ContentRun {
  readonly size: number;
  readonly source: RunSource | null;
}

/** A run with its place in the file. */
export interface PlacedRun extends ContentRun {
  readonly offset: number;
}

/** Joins what belongs together: neighbouring unknown runs, and known ones that go on in one source. */
export function placeRuns(runs: readonly ContentRun[]): PlacedRun[] {
  const placed: PlacedRun[] = [];
  let offset = 0;
  for (const { size, source } of runs) {
    if (size === 0) continue;
    const last = placed.at(-1);
    if (last !== undefined && goesOn(last, source)) {
      placed[placed.length - 1] = { ...last, size: last.size + size };
    } else placed.push({ offset, size, source });
    offset += size;
  }
  return placed;
}

/** The `count` longest of the known runs; the others count as unknown: fewer pieces, more bytes. */
export function onlyLongest(runs: readonly ContentRun[], count: number): PlacedRun[] {
  const known = [...runs.keys()].filter((n) => runs[n]?.source !== null);
  const sizeOf = (n: number) => runs[n]?.size ?? 0;
  const kept = new Set(known.sort((a, b) => sizeOf(b) - sizeOf(a)).slice(0, count));
  return placeRuns(runs.map((run, n) => (kept.has(n) ? run : { size: run.size, source: null })));
}

export function unknownBytes(runs: readonly ContentRun[]): number {
  return runs.reduce((sum, { size, source }) => (source === null ? sum + size : sum), 0);
}

function goesOn(last: ContentRun, next: RunSource | null): boolean {
  if (last.source === null || next === null) return last.source === next;
  return last.source.object === next.object && last.source.from + last.size === next.from;
}
