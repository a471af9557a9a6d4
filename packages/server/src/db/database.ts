import { setTimeout as sleep } from 'node:timers/promises';
import { Kysely, PostgresDialect, type Transaction } from 'kysely';
import pg from 'pg';
import { sqlStateOf } from './database-errors.ts';
import { tellFeedsMoved } from './feeds-moved.ts';
import { rememberPool } from './pools.ts';
import { preparingPool } from './preparing-pool.ts';
import type { Tables } from './tables.ts';

export type Db = Kysely<Tables>;
export type Tx = Transaction<Tables>;

export interface DatabaseOptions {
  readonly url: string;
  /** Connections at most; the embedded server takes 100 from all servers together. */
  readonly max?: number;
  /** How this program shows in pg_stat_activity. */
  readonly applicationName?: string;
  /** Milliseconds after which the database ends a statement. */
  readonly statementTimeoutMs?: number;
  /** Told when an idle connection breaks. Running statements get their own errors. */
  readonly onConnectionLost?: (error: Error) => void;
}

/** Opens a pool; connects at first use. `db.destroy()` waits for running statements and closes. */
export function openDatabase(options: DatabaseOptions): Db {
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.max ?? 20,
    application_name: options.applicationName ?? 'valise',
    statement_timeout: options.statementTimeoutMs ?? 30_000,
    idle_in_transaction_session_timeout: 60_000,
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 60_000,
    keepAlive: true,
    types: { getTypeParser },
    pipeline: true,
    // Every query is meant to be key lookups. See `preparing-pool.ts`.
    options: '-c enable_seqscan=off',
  });
  // Without listeners a lost connection would end the process: the pool's hears of idle ones, the
  // client's of those in use, whose statement fails besides.
  pool.on('error', (error) => options.onConnectionLost?.(error));
  pool.on('connect', (client) => client.on('error', () => undefined));
  const prepared = preparingPool(pool);
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: prepared }) });
  rememberPool(db, prepared);
  return db;
}

const MAX_ATTEMPTS = 6;
/** Serialization failure and deadlock: the transaction did nothing and may simply run again. */
const REPEATABLE = new Set(['40001', '40P01']);

/**
 * Runs `work` in one READ COMMITTED transaction and answers its result. Deadlocks are repeated a
 * few times, so `work` must have no effect outside the database.
 */
export async function inTransaction<T>(db: Db, work: (tx: Tx) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      const { tx, result } = await db
        .transaction()
        .setIsolationLevel('read committed')
        .execute(async (tx) => ({ tx, result: await work(tx) }));
      tellFeedsMoved(db, tx);
      return result;
    } catch (error) {
      const isRepeatable = REPEATABLE.has(sqlStateOf(error) ?? '');
      if (!isRepeatable || attempt === MAX_ATTEMPTS) throw error;
      await sleep(Math.random() * 10 * 2 ** attempt);
    }
  }
}

const INT8 = 20;
const INT8_ARRAY = 1016;

function parseInt8(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`bigint ${text} is beyond 2^53`);
  return value;
}

/** pg's own parsers, but for bigint, which would arrive as text. Binary columns stay bytes. */
function getTypeParser(oid: number, format?: 'text' | 'binary') {
  if (format === 'binary') return (bytes: unknown) => bytes;
  if (oid === INT8) return parseInt8;
  const standard = pg.types.getTypeParser(oid, 'text');
  if (oid !== INT8_ARRAY) return standard;
  return (text: string) =>
    (standard(text) as (string | null)[]).map((one) => one && parseInt8(one));
}
