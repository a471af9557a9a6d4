import type { PostgresPool } from 'kysely';

/** The pool behind each database: Kysely lets a connection take one statement at a time only. */
const pools = new WeakMap<object, PostgresPool>();

export function rememberPool(db: object, pool: PostgresPool): void {
  pools.set(db, pool);
}

export function poolOf(db: object): PostgresPool {
  const pool = pools.get(db);
  if (pool === undefined) throw new Error('This database was not opened by openDatabase.');
  return pool;
}
