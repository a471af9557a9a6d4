import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import pg from 'pg';

const FOLDER = new URL('./migrations/', import.meta.url);
/** Any constant will do, so long as nothing else in the database uses it. */
const ADVISORY_LOCK = 8_420_001;

export interface Migration {
  readonly name: string;
  readonly sql: string;
  readonly checksum: string;
}

/** The numbered `.sql` files in order. */
export async function readMigrations(): Promise<readonly Migration[]> {
  const names = (await readdir(FOLDER)).filter((name) => /^\d{4}-[\w-]+\.sql$/.test(name)).sort();
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(new URL(name, FOLDER), 'utf8');
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}

export interface MigrateOptions {
  readonly migrations?: readonly Migration[];
}

/**
 * Brings the database to this code's shape and answers the names of what was applied. Any number
 * of servers may call it at once: one works, the others wait and find nothing to do. Each file is
 * one transaction, so a fault leaves the database at a whole step.
 *
 * Throws a plain Error that says what to do when the database was made by newer code or by an
 * edited file: continuing could only damage it.
 */
export async function migrate(url: string, options: MigrateOptions = {}): Promise<string[]> {
  const migrations = options.migrations ?? (await readMigrations());
  const client = new pg.Client({ connectionString: url, application_name: 'valise migrate' });
  await client.connect();
  try {
    await client.query('SELECT pg_advisory_lock($1)', [ADVISORY_LOCK]);
    await client.query(`CREATE TABLE IF NOT EXISTS migrations (
      name text PRIMARY KEY, checksum text NOT NULL, applied_at timestamptz NOT NULL)`);
    const done = await client.query<{ name: string; checksum: string }>(
      'SELECT name, checksum FROM migrations ORDER BY name',
    );
    checkHistory(done.rows, migrations);
    const missing = migrations.slice(done.rows.length);
    for (const migration of missing) await apply(client, migration);
    return missing.map(({ name }) => name);
  } finally {
    // Ends the session and with it the lock.
    await client.end();
  }
}

/** What was applied must be a prefix of what we have, letter for letter. */
function checkHistory(
  applied: readonly { name: string; checksum: string }[],
  known: readonly Migration[],
): void {
  for (const [at, row] of applied.entries()) {
    const own = known[at];
    if (own === undefined || own.name !== row.name) {
      throw new Error(
        `The database holds migration ${row.name}, which this version of Valise does not know: ` +
          'it was used by a newer version. Start that version, or restore a backup.',
      );
    }
    if (own.checksum !== row.checksum) {
      throw new Error(
        `Migration ${row.name} was applied in another wording than this version's. ` +
          'An applied migration must never be edited: restore its file and add a new one.',
      );
    }
  }
}

async function apply(client: pg.Client, migration: Migration): Promise<void> {
  await client.query('BEGIN');
  try {
    await client.query(migration.sql);
    await client.query('INSERT INTO migrations VALUES ($1, $2, now())', [
      migration.name,
      migration.checksum,
    ]);
    await client.query('COMMIT');
  } catch (cause) {
    await client.query('ROLLBACK');
    throw new Error(`Migration ${migration.name} failed: ${String(cause)}`, { cause });
  }
}
