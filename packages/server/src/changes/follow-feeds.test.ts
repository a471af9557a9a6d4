import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { sql } from 'kysely';
import { type Db, openDatabase } from '../db/database.ts';
import { createTestDatabase, type TestDatabase } from '../db/test-database.ts';
import { workFanout } from '../fanout/work-fanout.ts';
import type { Caller } from '../http/app.ts';
import { systemAmbient } from '../run/ambient.ts';
import { startTestStore, type TestStore } from '../storage/test-store.ts';
import { createPerson } from '../tree/test-people.ts';
import { largePages } from './feed-pieces.ts';
import { FeedReader } from './test-feed-reader.ts';
import { aStep, takeStep, type World } from './test-writers.ts';

/*
 * Many write at once, contents and trees, over two pools as from two servers, while readers on both
 * follow every person's feed in pages of odd sizes. Whenever all is quiet, what each reader has put
 * together must be exactly what the database shows that person, and on the way no file may come
 * before its parent.
 */

let database: TestDatabase;
let pools: readonly [Db, Db];
let store: TestStore;
before(async () => {
  // Some readers' pages are read in parts, others' are not.
  Object.assign(largePages, { from: 5, parts: 3 });
  store = await startTestStore();
  database = await createTestDatabase();
  // Whoever waits for a connection for five seconds is refused.
  const open = () => openDatabase({ url: database.url, max: 40 });
  pools = [open(), open()];
});
after(async () => {
  await Promise.all(pools.map((db) => db.destroy()));
  await database.close();
  await store.close();
});

const waves = fc.array(fc.array(aStep, { minLength: 20, maxLength: 60 }), {
  minLength: 2,
  maxLength: 4,
});

test('who follows the feed sees what the database shows', { timeout: 300_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(waves, async (story) => {
      const names = ['ann', 'bob', 'carl', 'dora'];
      const people = await Promise.all(names.map((name) => createPerson(database.db, name)));
      const world: World = { pools, storage: store.storage, people, files: [] };
      const readers = people.flatMap((caller) =>
        pools.flatMap((db, n) =>
          [2, 7, 1_000].map((limit) => new FeedReader(db, caller, limit + n)),
        ),
      );
      for (const wave of story) {
        // Devices that come new list everything while it changes.
        readers.push(...people.map((caller, n) => new FeedReader(pools[n % 2] as Db, caller, 3)));
        let isOver = false;
        const reading = readers.map(async (reader) => {
          while (!isOver) await reader.poll();
        });
        const working = pools.map(async (db) => {
          while (!isOver) await workFanout({ db, ambient: systemAmbient });
        });
        try {
          await Promise.all(wave.map((one, n) => takeStep(world, one, n)));
        } finally {
          isOver = true;
          await Promise.all([...reading, ...working]);
        }
        while (await workFanout({ db: pools[0], ambient: systemAmbient }));
        for (const reader of readers) {
          while (await reader.poll());
          await reader.compare();
        }
        for (const caller of people) await listAfresh(caller);
      }
    }),
    { numRuns: 5, endOnFailure: true },
  );
  const { rows } = await sql<{ name: string; version: number }>`
    SELECT name, version FROM files WHERE kind = 'file'`.execute(pools[0]);
  assert.ok(
    rows.some(({ version }) => version > 1),
    'contents were replaced',
  );
  assert.ok(
    rows.some(({ name }) => name.includes('(conflicted copy, ')),
    'contents met',
  );
});

/** On a quiet feed, whose order is the one that the story left behind. */
async function listAfresh(caller: Caller): Promise<void> {
  const reader = new FeedReader(pools[0], caller, 2);
  while (await reader.poll());
  await reader.compare();
}
