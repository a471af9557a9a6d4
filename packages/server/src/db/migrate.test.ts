import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { sql } from 'kysely';
import pg from 'pg';
import { type Migration, migrate, readMigrations } from './migrate.ts';
import { createTestDatabase, type TestDatabase } from './test-database.ts';

function migration(name: string, text: string): Migration {
  return { name, sql: text, checksum: createHash('sha256').update(text).digest('hex') };
}

const FIRST = migration('0001-a.sql', 'CREATE TABLE a (n integer); INSERT INTO a VALUES (1);');
const SECOND = migration('0002-b.sql', 'INSERT INTO a VALUES (2);');

async function onEmptyDatabase(t: { after(f: () => Promise<void>): void }): Promise<TestDatabase> {
  const database = await createTestDatabase({ migrated: false });
  t.after(() => database.close());
  return database;
}

async function contentOf({ db }: TestDatabase): Promise<number[]> {
  const { rows } = await sql<{ n: number }>`SELECT n FROM a ORDER BY n`.execute(db);
  return rows.map(({ n }) => n);
}

test('many servers that start together apply each migration once', async (t) => {
  const database = await onEmptyDatabase(t);
  const migrations = [FIRST, SECOND];
  const applied = await Promise.all(
    Array.from({ length: 8 }, () => migrate(database.url, { migrations })),
  );
  assert.deepEqual(applied.flat(), ['0001-a.sql', '0002-b.sql']);
  assert.deepEqual(await contentOf(database), [1, 2]);
});

test('only what is new is applied', async (t) => {
  const database = await onEmptyDatabase(t);
  await migrate(database.url, { migrations: [FIRST] });
  const applied = await migrate(database.url, { migrations: [FIRST, SECOND] });
  assert.deepEqual(applied, ['0002-b.sql']);
});

test('a fault undoes its migration, keeps the ones before, and can be mended', async (t) => {
  const database = await onEmptyDatabase(t);
  const broken = migration('0002-b.sql', 'INSERT INTO a VALUES (2); SELECT 1 / 0;');
  await assert.rejects(
    migrate(database.url, { migrations: [FIRST, broken] }),
    /Migration 0002-b\.sql failed: .*division by zero/,
  );
  assert.deepEqual(await contentOf(database), [1]);
  assert.deepEqual(await migrate(database.url, { migrations: [FIRST, SECOND] }), ['0002-b.sql']);
});

test('a database of a newer version is refused', async (t) => {
  const database = await onEmptyDatabase(t);
  await migrate(database.url, { migrations: [FIRST, SECOND] });
  await assert.rejects(migrate(database.url, { migrations: [FIRST] }), /newer version/);
});

test('an edited migration is refused', async (t) => {
  const database = await onEmptyDatabase(t);
  await migrate(database.url, { migrations: [FIRST] });
  const edited = { ...FIRST, checksum: 'other' };
  await assert.rejects(migrate(database.url, { migrations: [edited] }), /another wording/);
});

test("the project's own migrations make the tables", async (t) => {
  const database = await onEmptyDatabase(t);
  const names = (await readMigrations()).map(({ name }) => name);
  assert.deepEqual(await migrate(database.url), names);
  assert.deepEqual(await database.db.selectFrom('files').selectAll().execute(), []);
});

test('while a migration changes rows, all tables can be read', async (t) => {
  const { url } = await onEmptyDatabase(t);
  const worker = new pg.Client({ connectionString: url });
  const reader = new pg.Client({ connectionString: url, lock_timeout: 2_000 });
  await Promise.all([worker.connect(), reader.connect()]);
  try {
    for (const { name, sql: text } of await readMigrations()) {
      const tables = await worker.query<{ name: string }>(
        "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'",
      );
      await worker.query('BEGIN');
      await worker.query(text);
      for (const table of /^(UPDATE|DELETE)/m.test(text) ? tables.rows : []) {
        await assert.doesNotReject(reader.query(`SELECT FROM ${table.name} LIMIT 1`), name);
      }
      await worker.query('COMMIT');
    }
  } finally {
    await Promise.all([worker.end(), reader.end()]);
  }
});
