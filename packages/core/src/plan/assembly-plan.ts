/**
 * How a new object comes into being from what the store has already: a pure function of the content's
 * runs, the sources' sizes and the store's abilities.
 *
 *  1. Runs that can't be copied (too short a source for this store) count as unknown.
 *  2. The best division into pieces is searched for (`search-pieces.ts`).
 *  3. Pieces become parts and staging objects (`lay-out-parts.ts`).
 *  4. Where that is more than a store takes, or the search would take long (thousands of runs within
 *     a few MiB), it is done again with half of the known runs, the longest ones; the rest is uploaded
 *     after all.
 *
 * A plan that copies nothing is no plan: the file is uploaded whole.
 */
import { ASSEMBLY_LIMITS, type AssemblyLimits } from './assembly-limits.ts';
import {
  type ContentRun,
  onlyLongest,
  type PlacedRun,
  placeRuns,
  unknownBytes,
} from './content-run.ts';
import { countNear, cutPoints } from './cut-points.ts';
import { layOutParts, type PartLayout, type PartSizes } from './lay-out-parts.ts';
import { searchPieces } from './search-pieces.ts';

/** What of the store's abilities matters here; null: it can't take ranges of objects. */
export type ComposingAbility = {
  /** Least bytes of an object that ranges may be taken from. */
  readonly minimumSource: number;
  readonly equalPartsOnly: boolean;
} | null;

export interface AssemblyRequest {
  /** The file from beginning to end. */
  readonly runs: readonly ContentRun[];
  /** Bytes of each source. */
  readonly sources: readonly { readonly size: number }[];
  readonly composing: ComposingAbility;
  readonly limits?: AssemblyLimits;
}

export type AssemblyPlan =
  | {
      readonly kind: 'whole';
      readonly why: 'cannot-compose' | 'nothing-known' | 'too-scattered';
    }
  | (PartLayout & {
      readonly kind: 'assembled';
      /** Bytes that no source has. */
      readonly changedBytes: number;
      readonly uploadBytes: number;
    });

/** What a search may look at, known runs and pairs of cut points: a fraction of a second. */
const MOST_RUNS = 10_000;
const MOST_PAIRS = 500_000;

export function planAssembly(request: AssemblyRequest): AssemblyPlan {
  const { composing, sources, limits = ASSEMBLY_LIMITS } = request;
  if (composing === null || composing.equalPartsOnly)
    return { kind: 'whole', why: 'cannot-compose' };
  // A staging object is a source, too.
  const splicing = composing.minimumSource <= limits.minPart + 1;
  const runs = placeRuns(
    request.runs.map(({ size, source }) => {
      const isLarge = (sources[source?.object ?? -1]?.size ?? 0) >= composing.minimumSource;
      return { size, source: isLarge ? source : null };
    }),
  );
  if (!runs.some(({ source }) => source !== null)) return { kind: 'whole', why: 'nothing-known' };
  const layout = findLayout(runs, splicing ? limits : { ...limits, maxChain: 0 });
  if (layout === null) return { kind: 'whole', why: 'too-scattered' };
  const uploadBytes = bytesUploaded(layout);
  return { kind: 'assembled', ...layout, changedBytes: unknownBytes(runs), uploadBytes };
}

function findLayout(runs: readonly PlacedRun[], given: AssemblyLimits): PartLayout | null {
  const limits = { ...given };
  let seen = runs;
  for (let keep = Math.min(countKnown(runs), MOST_RUNS); keep > 0; ) {
    if (countKnown(seen) > keep) seen = onlyLongest(seen, keep);
    const cuts = cutPoints(seen, limits.minPart);
    if (countNear(cuts, limits.minPart) <= MOST_PAIRS) {
      const layout = layOutParts(seen, searchPieces(seen, cuts, limits), partSizes(seen, limits));
      if (layout.parts.every(({ kind }) => kind === 'upload')) return null;
      if (layout.stagings.length > limits.maxStagings) {
        limits.stagingCost = Math.max(1, limits.stagingCost * 4);
        continue;
      }
      if (layout.parts.length <= limits.maxParts) return layout;
    }
    keep = Math.floor(keep / 2);
  }
  return null;
}

function countKnown(runs: readonly ContentRun[]): number {
  return runs.reduce((count, { source }) => (source === null ? count : count + 1), 0);
}

/** Half of the parts for what is uploaded, a quarter for copies; the rest is the pieces' ends. */
function partSizes(runs: readonly PlacedRun[], limits: AssemblyLimits): PartSizes {
  const size = runs.reduce((sum, run) => sum + run.size, 0);
  const { minPart, uploadPart, minCopy, maxCopy, maxParts } = limits;
  const leastCopy = Math.ceil((size * 4) / maxParts);
  return {
    minPart,
    uploadPart: Math.max(uploadPart, Math.ceil((unknownBytes(runs) * 2) / maxParts)),
    minCopy: Math.max(minCopy, leastCopy),
    maxCopy: Math.max(maxCopy, leastCopy),
  };
}

function bytesUploaded({ parts, stagings }: PartLayout): number {
  const all = [...parts, ...stagings.flat()];
  return all.reduce((sum, part) => (part.kind === 'upload' ? sum + part.size : sum), 0);
}
