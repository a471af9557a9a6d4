import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { FileId } from '@valise/core/ids';
import fc from 'fast-check';
import { sql } from 'kysely';
import { type Db, openDatabase } from '../db/database.ts';
import { createTestDatabase, type TestDatabase } from '../db/test-database.ts';
import { workFanout } from '../fanout/work-fanout.ts';
import type { Caller } from '../http/app.ts';
import { systemAmbient } from '../run/ambient.ts';
import { shareFile } from '../shares/share-file.ts';
import { startTestStore, type TestStore } from '../storage/test-store.ts';
import { createPerson } from '../tree/test-people.ts';
import { FeedReader } from './test-feed-reader.ts';
import { plant } from './test-planting.ts';
import { aStep, type Known, takeStep, type World } from './test-writers.ts';

/*
 * A device lists an account page by page while its files are renamed, moved, deleted, replaced and
 * shared. When it has listed them and followed the cursor, it must have what the database shows.
 *
 *   VALISE_TEST_FILES=1000000 node --test packages/server/src/changes/list-while-changing.test.ts
 *
 * does it with a million; it takes some minutes and 3 GB.
 */

const FILES = Number(process.env.VALISE_TEST_FILES ?? 40_000);
/** As many as a listing may ask for. */
const PAGE = 10_000;
/** Done while one page is read. */
const STEPS = 30;
/** Files and folders that are played with. */
const PLAYED = 2_000;
const PLANTING_MS = 600_000;

let database: TestDatabase;
let second: Db;
let store: TestStore;
before(async () => {
  store = await startTestStore();
  database = await createTestDatabase();
  second = openDatabase({ url: database.url, max: 8, statementTimeoutMs: PLANTING_MS });
});
after(async () => {
  await second.destroy();
  await database.close();
  await store.close();
});

test('a listing is right though everything changes meanwhile', {
  timeout: 1_800_000,
}, async (t) => {
  const { db } = database;
  const [ann, bob] = [await createPerson(db, 'ann'), await createPerson(db, 'bob')];
  const shared = await plant(second, bob, Math.ceil(FILES / 10));
  await plant(second, ann, FILES);
  await sql`ANALYZE`.execute(second);
  const deps = { db, ambient: systemAmbient };
  await shareFile(deps, bob, { id: shared, users: [ann.userId], role: 'editor' });
  while (await workFanout(deps));

  const files = [...(await some(db, ann)), ...(await some(db, bob))];
  const pools = [db, second] as const;
  const world: World = { pools, storage: store.storage, people: [ann, bob], files };
  const steps = fc.sample(aStep, { seed: FILES, numRuns: STEPS * Math.ceil((3 * FILES) / PAGE) });
  const listing = new FeedReader(second, ann, PAGE);
  let pages = 0;
  for (let hasMore = true; hasMore; pages++) {
    const wave = steps.splice(0, STEPS).map((step, n) => takeStep(world, step, n));
    [hasMore] = await Promise.all([listing.poll(), workFanout(deps), ...wave]);
  }
  assert.ok(pages > FILES / PAGE, `${pages} pages`);
  assert.ok(steps.length > 0, 'all the while there was something to do');
  while (await workFanout(deps));
  while (await listing.poll());
  t.diagnostic(`${pages} pages, ${listing.files.size} files`);
  await listing.compare();
});

/** A folder for every nine files. */
async function some(db: Db, owner: Caller): Promise<readonly Known[]> {
  const { rows } = await sql<{ id: FileId; isFolder: boolean }>`
    (SELECT id, false AS "isFolder" FROM files
      WHERE owner_id = ${owner.userId} AND kind = 'file' ORDER BY id LIMIT ${(PLAYED * 9) / 10})
    UNION ALL (SELECT id, true FROM files
      WHERE owner_id = ${owner.userId} AND kind = 'folder' ORDER BY id LIMIT ${PLAYED / 10})`.execute(
    db,
  );
  return rows.map((row) => ({ ...row, owner }));
}
