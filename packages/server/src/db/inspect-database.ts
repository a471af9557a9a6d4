import pg from 'pg';
import { readMigrations } from './migrate.ts';

export interface DatabaseState {
  /** As the server calls itself: `18.4`. */
  readonly version: string;
  /** 180004 for 18.4. */
  readonly versionNumber: number;
  readonly now: Date;
  /** A copy that only follows another server: nothing can be written there. */
  readonly isStandby: boolean;
  /** Migrations of this code that it hasn't seen. */
  readonly missing: readonly string[];
  /** Migrations it has seen that this code doesn't know. */
  readonly unknown: readonly string[];
}

const TIMEOUT_MS = 5_000;

/** A look at a database without changing anything. Throws what the driver throws. */
export async function inspectDatabase(url: string): Promise<DatabaseState> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'valise doctor',
    connectionTimeoutMillis: TIMEOUT_MS,
    query_timeout: TIMEOUT_MS,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query(`
      SELECT current_setting('server_version') AS version,
        current_setting('server_version_num')::integer AS "versionNumber",
        clock_timestamp() AS now, pg_is_in_recovery() AS "isStandby",
        to_regclass('migrations') IS NOT NULL AS "hasTables"`);
    const { hasTables, version, ...state } = rows[0];
    const applied = hasTables ? (await client.query('SELECT name FROM migrations')).rows : [];
    const seen = new Set(applied.map((row) => String(row.name)));
    const known = (await readMigrations()).map(({ name }) => name);
    return {
      ...state,
      version: String(version).split(' ')[0],
      missing: known.filter((name) => !seen.has(name)),
      unknown: [...seen].filter((name) => !known.includes(name)),
    };
  } finally {
    await client.end().catch(() => undefined);
  }
}
