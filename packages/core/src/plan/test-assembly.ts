import assert from 'node:assert/strict';
import type { AssemblyLimits } from './assembly-limits.ts';
import type { AssemblyPlan } from './assembly-plan.ts';
import type { ContentRun } from './content-run.ts';
import type { PlannedPart } from './lay-out-parts.ts';

/** For tests: where each byte of a content comes from, as text. */
type Origin = string;

export function originsOf(runs: readonly ContentRun[]): Origin[] {
  let offset = 0;
  return runs.flatMap(({ size, source }) =>
    Array.from({ length: size }, (_, n) => {
      const at = offset++;
      return source === null ? `new ${at}` : `${source.object}:${source.from + n}`;
    }),
  );
}

/**
 * Carries a plan out on origins instead of bytes, as a store would, and holds every object to the
 * store's rules. An upload must be of the file's own range, so it brings just that range's origins.
 */
export function assemble(
  plan: Extract<AssemblyPlan, { kind: 'assembled' }>,
  file: readonly Origin[],
  limits: AssemblyLimits,
): Origin[] {
  const made: Origin[][] = [];
  const depths: number[] = [];
  const object = (parts: readonly PlannedPart[]): Origin[] => {
    assert.ok(parts.length > 0 && parts.length <= limits.maxParts);
    return parts.flatMap((part, n) => {
      assert.ok(part.size > 0);
      assert.ok(n === parts.length - 1 || part.size >= limits.minPart, 'a small part inside');
      if (part.kind === 'upload') return file.slice(part.offset, part.offset + part.size);
      if (part.kind === 'staged') {
        const whole = made[part.staging] ?? [];
        assert.equal(whole.length, part.size, 'all of a staging object that is there');
        return whole;
      }
      return Array.from({ length: part.size }, (_, at) => `${part.object}:${part.from + at}`);
    });
  };
  for (const parts of plan.stagings) {
    made.push(object(parts));
    const below = parts.map((part) => (part.kind === 'staged' ? (depths[part.staging] ?? 0) : 0));
    depths.push(1 + Math.max(...below));
  }
  assert.ok(Math.max(0, ...depths) <= limits.maxChain && made.length <= limits.maxStagings);
  return object(plan.parts);
}

/**
 * The least that any division into pieces costs, found by trying every length of every piece at
 * every byte: the model that the search is held to.
 */
export function leastCost(runs: readonly ContentRun[], limits: AssemblyLimits): number {
  const origins = runs.flatMap(({ size, source }) =>
    Array.from({ length: size }, (_, n) => source && { ...source, from: source.from + n }),
  );
  const goesOn = (at: number): boolean => {
    const [one, next] = [origins[at], origins[at + 1]];
    return one?.object === next?.object && one?.from === (next?.from ?? 0) - 1;
  };
  const known = new Map<string, number>();
  /** `small`: pieces since the last large one; -1 before the first. */
  const from = (at: number, small: number): number => {
    if (at === origins.length) return 0;
    const key = `${at} ${small}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    let least = Number.POSITIVE_INFINITY;
    let isOneRun = origins[at] !== null;
    for (let end = at + 1; end <= origins.length; end++) {
      const size = end - at;
      if (end > at + 1) isOneRun &&= goesOn(end - 2);
      const cost = isOneRun ? 0 : size;
      const isLast = end === origins.length;
      if (size >= limits.minPart) least = Math.min(least, cost + from(end, 0));
      else if (isLast) least = Math.min(least, cost);
      else if (small >= 0 && small < limits.maxChain) {
        least = Math.min(least, cost + limits.stagingCost + from(end, small + 1));
      }
    }
    known.set(key, least);
    return least;
  };
  return from(0, -1);
}
