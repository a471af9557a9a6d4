import type { PlacedRun } from './content-run.ts';

/** The places where the pieces of a plan may begin and end. */
export interface CutPoints {
  /** Rising, from 0 to the file's size. */
  readonly positions: readonly number[];
  /** By cut point: number of the run that goes on from there. */
  readonly runs: readonly number[];
}

/**
 * The ends of the runs, and what lies once and twice the least part's size from them. That is enough for
 * the best plan: a piece that is cut anywhere else can be shifted, at no cost, until one of its ends
 * gets there. Nothing is gained by cutting unknown bytes, so there are none within these.
 */
export function cutPoints(runs: readonly PlacedRun[], minPart: number): CutPoints {
  const size = (runs.at(-1)?.offset ?? 0) + (runs.at(-1)?.size ?? 0);
  const candidates = new Set([0, size]);
  for (const { offset } of runs) addAround(candidates, offset, minPart);
  addAround(candidates, size, minPart);
  const sorted = [...candidates].filter((at) => at >= 0 && at <= size).sort((a, b) => a - b);
  const positions: number[] = [];
  const runOf: number[] = [];
  let run = 0;
  for (const at of sorted) {
    while (run + 1 < runs.length && (runs[run + 1]?.offset ?? 0) <= at) run++;
    const { offset = 0, source = null } = runs[run] ?? {};
    if (source === null && at !== offset && at !== size) continue;
    positions.push(at);
    runOf.push(run);
  }
  return { positions, runs: runOf };
}

function addAround(candidates: Set<number>, at: number, minPart: number): void {
  for (let times = -2; times <= 2; times++) candidates.add(at + times * minPart);
}

/** Pairs of cut points that are closer than the least part: what a search has to look at. */
export function countNear({ positions }: CutPoints, minPart: number): number {
  let pairs = 0;
  let from = 0;
  for (const [to, at] of positions.entries()) {
    while ((positions[from] ?? 0) <= at - minPart) from++;
    pairs += to - from;
  }
  return pairs;
}
