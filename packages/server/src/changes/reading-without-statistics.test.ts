import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { sql } from 'kysely';
import { type Db, openDatabase } from '../db/database.ts';
import { createTestDatabase, type TestDatabase } from '../db/test-database.ts';
import { createPerson } from '../tree/test-people.ts';
import { readChanges } from './read-changes.ts';
import { plant } from './test-planting.ts';

/** With few, the plan is right by chance. */
const FILES = 12_000;
/** Of indexes, for a change: its file's, its folder's, and what finding the page's ends takes. */
const ENTRIES_EACH = 10;
/** The feed itself may be read as a whole, and sorted: it is thought to be short. */
const WALKS = 4;

let database: TestDatabase;
beforeEach(async () => {
  database = await createTestDatabase();
  for (const table of ['files', 'access', 'objects']) {
    await sql`ALTER TABLE ${sql.table(table)} SET (autovacuum_enabled = false)`.execute(
      database.db,
    );
  }
});
afterEach(async () => {
  await database.close();
});

/*
 * A new installation that has just been filled: the database has statistics of nothing yet, and
 * takes conditions for rare that almost every row meets. Reading everything for each row took half a
 * minute for 10,000 files.
 */
for (const limit of [1_000, 10_000]) {
  test(`a page of ${limit} reads what it tells, though the tables have no statistics`, async () => {
    const ann = await inSessions(async (db) => {
      const person = await createPerson(db, 'ann');
      await plant(db, person, FILES);
      return person;
    });
    const before = await entriesRead();
    const page = await inSessions((db) => readChanges(db, ann.userId, { since: null, limit }));
    const told = JSON.parse(`[${page.pieces.map(String).join(',')}]`).length;
    assert.ok(told >= Math.min(limit, FILES));
    const read = (await entriesRead()) - before;
    const most = told * ENTRIES_EACH + FILES * WALKS;
    assert.ok(read > told && read < most, `${read} entries for ${told} changes`);
  });
}

/** In sessions of its own: what a session has counted is known for certain only when it ends. */
async function inSessions<T>(work: (db: Db) => Promise<T>): Promise<T> {
  const db = openDatabase({ url: database.url, max: 4 });
  try {
    return await work(db);
  } finally {
    await db.destroy();
  }
}

async function entriesRead(): Promise<number> {
  const { rows } = await inSessions((db) =>
    sql<{ entries: string }>`
      SELECT sum(idx_tup_read) AS entries FROM pg_stat_user_indexes`.execute(db),
  );
  return Number(rows[0]?.entries);
}
