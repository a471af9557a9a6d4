import type { PreparingPool } from './preparing-pool.ts';

/** The pool behind each database: Kysely lets a connection take one statement at a time only. */
const pools = new WeakMap<object, PreparingPool>();

export function rememberPool(db: object, pool: PreparingPool): void {
  pools.set(db, pool);
}

export function poolOf(db: object): PreparingPool {
  const pool = pools.get(db);
  if (pool === undefined) throw new Error('This database was not opened by openDatabase.');
  return pool;
}
