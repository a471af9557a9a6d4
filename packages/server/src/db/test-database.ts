import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { type FileLock, openFileLock } from '../run/file-lock.ts';
import { createPartMembership } from '../run/part-membership.ts';
import { type Db, openDatabase } from './database.ts';
import { createEmbeddedPostgres } from './embedded/embedded-postgres.ts';
import { migrate, readMigrations } from './migrate.ts';

export interface TestDatabase {
  readonly db: Db;
  readonly url: string;
  /** Closes `db` and drops the database, whoever else is connected. */
  close(): Promise<void>;
}

/** Fast instead of durable: nobody misses a test's data after a power cut. */
const TEST_SETTINGS = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  max_connections: '400',
  max_wal_size: '256MB',
  min_wal_size: '32MB',
};

/**
 * A migrated, empty database of its own on a real PostgreSQL, in some 40 ms. All test processes of
 * one user share a cluster below the temporary folder; a guardian process ends it soon after the
 * last of them is gone, however they went.
 */
export async function createTestDatabase(
  options: { readonly migrated?: boolean } = {},
): Promise<TestDatabase> {
  const cluster = await joinCluster();
  const name = `test_${process.pid}_${randomBytes(6).toString('hex')}`;
  const template = options.migrated === false ? 'template0' : cluster.template;
  await command(cluster.admin, `CREATE DATABASE ${name} TEMPLATE ${template}`);
  const url = inDatabase(cluster.admin, name);
  const db = openDatabase({ url, max: 10, applicationName: name });
  return {
    db,
    url,
    async close() {
      await db.destroy();
      await command(cluster.admin, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    },
  };
}

interface TestCluster {
  /** URL of a database to give commands from. */
  readonly admin: string;
  readonly template: string;
}

let joined: Promise<TestCluster> | undefined;

/** Once per process; membership ends with the process. */
function joinCluster(): Promise<TestCluster> {
  joined ??= joinOnce();
  return joined;
}

async function joinOnce(): Promise<TestCluster> {
  const folder = await testClusterFolder();
  const postgres = testPostgres(folder);
  return createPartMembership(folder).join(async () => {
    const wasRunning = await postgres.isRunning();
    const admin = await postgres.ensure();
    if (!wasRunning) await dropLeftovers(admin);
    spawnGuardian(folder);
    return { admin, template: await ensureTemplate(admin) };
  });
}

export function testPostgres(folder: string) {
  return createEmbeddedPostgres(join(folder, 'postgres'), { settings: TEST_SETTINGS });
}

/** One per user, and refused if another user put it there. */
export async function testClusterFolder(): Promise<string> {
  const uid = process.getuid?.() ?? 0;
  const folder = join(tmpdir(), `valise-test-pg-${uid}`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if (process.getuid !== undefined && (await stat(folder)).uid !== uid) {
    throw new Error(`${folder} belongs to another user.`);
  }
  return folder;
}

export function guardianLock(folder: string): FileLock {
  return openFileLock(join(folder, 'guardian.lock'));
}

/** Unless one is there. Called, like the guardian's end, while `start.lock` is held. */
function spawnGuardian(folder: string): void {
  const lock = guardianLock(folder);
  const isAbsent = lock.tryExclusive();
  lock.close();
  if (!isAbsent) return;
  const script = fileURLToPath(new URL('./test-cluster-guardian.ts', import.meta.url));
  spawn(process.execPath, [script], { detached: true, stdio: 'ignore' }).unref();
}

/** Databases of killed tests, and templates of other migrations. */
async function dropLeftovers(admin: string): Promise<void> {
  const found = await command<{ name: string }>(
    admin,
    "SELECT datname AS name FROM pg_database WHERE datname LIKE 'test\\_%' OR datname LIKE 'template\\_%'",
  );
  for (const { name } of found) await command(admin, `DROP DATABASE ${name} WITH (FORCE)`);
}

/** Named after its migrations. Built under another name, so that a crash leaves no half one. */
async function ensureTemplate(admin: string): Promise<string> {
  const checksums = (await readMigrations()).map(({ checksum }) => checksum).join('');
  const name = `template_${createHash('sha256').update(checksums).digest('hex').slice(0, 16)}`;
  const found = await command(admin, `SELECT 1 FROM pg_database WHERE datname = '${name}'`);
  if (found.length > 0) return name;
  const fresh = `test_template_${randomBytes(6).toString('hex')}`;
  await command(admin, `CREATE DATABASE ${fresh}`);
  await migrate(inDatabase(admin, fresh));
  await command(admin, `ALTER DATABASE ${fresh} RENAME TO ${name}`);
  return name;
}

function inDatabase(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
}

async function command<Row>(url: string, statement: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(statement)).rows as Row[];
  } finally {
    await client.end();
  }
}
