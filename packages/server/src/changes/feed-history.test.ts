import assert from 'node:assert/strict';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { UserId } from '@valise/core/ids';
import { sql } from 'kysely';
import { type Db, inTransaction, openDatabase } from '../db/database.ts';
import { createEmbeddedPostgres } from '../db/embedded/embedded-postgres.ts';
import { migrate } from '../db/migrate.ts';
import { createTestDatabase } from '../db/test-database.ts';
import type { Caller } from '../http/app.ts';
import { createPerson, fileRow, plantFiles } from '../tree/test-people.ts';
import type { FeedPosition } from './feed-cursor.ts';
import { ensureEpoch } from './feed-history.ts';
import { pruneFeeds, TOMBSTONE_DAYS } from './prune-feeds.ts';
import { readChanges } from './read-changes.ts';
import { changesOf } from './test-pages.ts';
import { writeFeedRows } from './write-feed-rows.ts';

const follow = async (db: Db, userId: UserId, since: FeedPosition | null) =>
  (await readChanges(db, userId, { since, limit: 1_000 })).position;
const add = (db: Db, who: Caller, name: string) => plantFiles(db, [fileRow(who, name)]);

test('a database folder that is copied back: cursors from before go on, later ones are reset', {
  timeout: 120_000,
}, async () => {
  const root = await mkdtemp(join(tmpdir(), 'valise-history-'));
  const folder = join(root, 'postgres');
  const run = async <T>(work: (db: Db) => Promise<T>): Promise<T> => {
    const postgres = createEmbeddedPostgres(folder);
    const url = await postgres.ensure();
    await migrate(url);
    const db = openDatabase({ url, max: 3 });
    try {
      await ensureEpoch(db);
      return await work(db);
    } finally {
      await db.destroy();
      await postgres.stop();
    }
  };
  try {
    const { who, early } = await run(async (db) => {
      const who = await createPerson(db, 'ann');
      await add(db, who, 'kept');
      return { who, early: await follow(db, who.userId, null) };
    });
    await cp(folder, join(root, 'copy'), { recursive: true });
    const { later, restarted } = await run(async (db) => {
      const restarted = await follow(db, who.userId, early);
      await add(db, who, 'lost');
      return { restarted, later: await follow(db, who.userId, early) };
    });
    assert.equal(restarted.seq, early.seq, 'a restart alone loses no cursor');
    await rm(folder, { recursive: true });
    await cp(join(root, 'copy'), folder, { recursive: true });
    await run(async (db) => {
      // The places of what was lost are taken by other changes before the device asks.
      for (const name of ['other 1', 'other 2', 'other 3']) await add(db, who, name);
      await assert.rejects(follow(db, who.userId, later), { code: 'feed-reset' });
      await assert.rejects(follow(db, who.userId, restarted), { code: 'feed-reset' });
      assert.equal((await follow(db, who.userId, early)).seq, early.seq + 3);
    });
  } finally {
    await rm(root, { recursive: true, force: true });
  }
});

test('old tombstones go, and with them the cursors that stand before', async () => {
  const database = await createTestDatabase();
  const { db } = database;
  try {
    const ann = await createPerson(db, 'ann');
    const [gone, fresh, kept] = ['gone', 'fresh', 'kept'].map((name) => fileRow(ann, name));
    if (!gone || !fresh || !kept) throw new Error('no rows');
    await plantFiles(db, [gone, fresh, kept]);
    const before = await follow(db, ann.userId, null);
    const old = new Date(Date.now() - (TOMBSTONE_DAYS + 1) * 86_400_000);
    const tombstone = { userId: ann.userId, role: null, via: null, reason: 'deleted' } as const;
    await inTransaction(db, (tx) => writeFeedRows(tx, [{ ...tombstone, fileId: gone.id }], old));
    await inTransaction(db, (tx) =>
      writeFeedRows(tx, [{ ...tombstone, fileId: fresh.id }], new Date()),
    );
    const between = { ...before, seq: before.seq + 1 };
    const ambient = { now: () => new Date() };
    await Promise.all([pruneFeeds({ db, ambient }), pruneFeeds({ db, ambient })]);
    const { rows } = await sql`SELECT FROM access WHERE role IS NULL`.execute(db);
    assert.equal(rows.length, 1);
    await assert.rejects(follow(db, ann.userId, before), { code: 'cursor-expired' });
    const page = await readChanges(db, ann.userId, { since: between, limit: 10 });
    assert.deepEqual(changesOf(page), [{ type: 'remove', fileId: fresh.id, reason: 'deleted' }]);
  } finally {
    await database.close();
  }
});
