import { installationId } from '../db/installation-id.ts';
import { otherInstallations } from '../storage/installation-marks.ts';
import { type Discrepancy, isStray, type Stray } from './discrepancy.ts';
import { freeStrays } from './free-strays.ts';
import { type Counts, type ReconcileDeps, survey } from './survey.ts';

export interface ReconcileOptions {
  /** Frees strays; otherwise they are only told. */
  readonly free: boolean;
  /** Younger strays are counted and let be. */
  readonly olderThanMs: number;
  /** Frees also when most of what the store holds would go. */
  readonly acceptDeletes: boolean;
  readonly now: () => Date;
}

export interface Reconciled extends Counts {
  readonly strays: number;
  readonly strayBytes: number;
  /** Strays younger than the limit. */
  readonly young: number;
  readonly missing: number;
  readonly wrongSize: number;
  readonly freed: number;
  readonly freedBytes: number;
  /** That keep their objects in this bucket, this one included. */
  readonly installations: number;
  /** Nothing was freed, because it would be most of what there is. */
  readonly isHeld: boolean;
}

/** So many at once, so that the last look at the database is a fresh one. */
const FREE_BATCH = 200;
/** Below that, half of it proves nothing. */
const FEW = 10;

/**
 * Compares store and database and tells each discrepancy. Freeing is a second walk: only the first
 * one's totals tell whether this is the store's database at all. Throws what store and database throw;
 * what was freed until then stays freed.
 */
export async function reconcile(
  deps: ReconcileDeps,
  options: ReconcileOptions,
  tell: (one: Discrepancy, isYoung: boolean) => void,
): Promise<Reconciled> {
  const sum = { objects: 0, rows: 0, foreign: 0, ...NONE };
  for await (const one of survey(deps, sum)) {
    const young = isStray(one) && isYoung(one, options);
    tell(one, young);
    count(sum, one, young);
  }
  sum.installations += (
    await otherInstallations(deps.inventory, await installationId(deps.db))
  ).length;
  if (!options.free || sum.strays === 0) return { ...sum, isHeld: false };
  const isMost = sum.strays > FEW && sum.strays * 2 > sum.objects;
  if (isMost && !options.acceptDeletes) return { ...sum, isHeld: true };
  for await (const freed of freeAll(deps, options)) {
    sum.freed++;
    sum.freedBytes += 'size' in freed ? freed.size : 0;
  }
  return { ...sum, isHeld: false };
}

const NONE = {
  installations: 1,
  strays: 0,
  strayBytes: 0,
  young: 0,
  missing: 0,
  wrongSize: 0,
  freed: 0,
  freedBytes: 0,
};

function count(sum: typeof NONE, one: Discrepancy, young: boolean): void {
  if (one.kind === 'missing-object') sum.missing++;
  else if (one.kind === 'wrong-size') sum.wrongSize++;
  else if (young) sum.young++;
  else {
    sum.strays++;
    sum.strayBytes += 'size' in one ? one.size : 0;
  }
}

function isYoung({ at }: Stray, { olderThanMs, now }: ReconcileOptions): boolean {
  return now().getTime() - at.getTime() < olderThanMs;
}

async function* freeAll(deps: ReconcileDeps, options: ReconcileOptions): AsyncGenerator<Stray> {
  let batch: Stray[] = [];
  for await (const one of survey(deps, { objects: 0, rows: 0, foreign: 0 })) {
    if (!isStray(one) || isYoung(one, options)) continue;
    batch.push(one);
    if (batch.length < FREE_BATCH) continue;
    yield* await freeStrays(deps, batch);
    batch = [];
  }
  yield* await freeStrays(deps, batch);
}
