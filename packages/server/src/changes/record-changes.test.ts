import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { FileId, UserId } from '@valise/core/ids';
import fc from 'fast-check';
import { sql } from 'kysely';
import { type Db, inTransaction, type Tx } from '../db/database.ts';
import type { DeletionId } from '../db/tables.ts';
import { createTestDatabase, type TestDatabase } from '../db/test-database.ts';
import { fanoutLimits } from '../fanout/fanout-limits.ts';
import { findConcerned, refreshTree } from '../fanout/refresh-tree.ts';
import type { Caller } from '../http/app.ts';
import { systemAmbient } from '../run/ambient.ts';
import { insertFiles, lockFiles } from '../tree/file-store.ts';
import { createPerson, fileRow, plantFiles, plantShare } from '../tree/test-people.ts';
import { trashFiles } from '../tree/trash-store.ts';
import { lockTrees } from '../tree/tree-locks.ts';
import { recordChanged, recordCreated } from './record-changes.ts';

let database: TestDatabase;
let db: Db;
before(async () => {
  database = await createTestDatabase();
  db = database.db;
});
after(() => database.close());

interface FeedEntry {
  readonly fileId: FileId;
  readonly role: string | null;
  readonly reason: string | null;
  readonly seq: number;
}

async function feedSince(userId: UserId, seq: number): Promise<FeedEntry[]> {
  const { rows } = await sql<FeedEntry>`
    SELECT file_id AS "fileId", role, reason, seq FROM access
    WHERE user_id = ${userId} AND seq > ${seq} ORDER BY seq`.execute(db);
  return rows;
}

async function counterOf(userId: UserId): Promise<number | undefined> {
  const { rows } = await sql<{ seq: number }>`
    SELECT seq FROM feeds WHERE user_id = ${userId}`.execute(db);
  return rows[0]?.seq;
}

/** To the trash, and told to everyone. */
async function remove(tx: Tx, ownerId: UserId, files: readonly FileId[]): Promise<void> {
  const [topId] = files;
  if (topId === undefined) return;
  const at = systemAmbient.now();
  const id = systemAmbient.newId<DeletionId>();
  await trashFiles(tx, { id, fileId: topId, ownerId, by: ownerId, at }, files);
  const users = await findConcerned(tx, { id: topId, parentId: null }, files);
  await refreshTree(tx, { ownerId, topId, files, users, at });
}

test('parents stand before children, in whatever order they came', async () => {
  const ann = await createPerson(db, 'ann');
  const top = fileRow(ann, 'top', { kind: 'folder' });
  const mid = fileRow(ann, 'mid', { kind: 'folder', parentId: top.id });
  const leaf = fileRow(ann, 'leaf', { parentId: mid.id });
  await inTransaction(db, async (tx) => {
    await insertFiles(tx, [top, mid, leaf]);
    await recordCreated(tx, [leaf, mid, top], new Date());
  });
  const feed = await feedSince(ann.userId, 0);
  assert.deepEqual(
    feed.map(({ fileId, role, seq }) => [fileId, role, seq]),
    [
      [top.id, 'owner', 1],
      [mid.id, 'owner', 2],
      [leaf.id, 'owner', 3],
    ],
  );
});

test('who sees the folder sees what is put below it, changed and removed', async () => {
  const ann = await createPerson(db, 'ann');
  const bob = await createPerson(db, 'bob');
  const shared = fileRow(ann, 'shared', { kind: 'folder' });
  await plantFiles(db, [shared]);
  await plantShare(db, { fileId: shared.id, userId: bob.userId, role: 'viewer' });
  const sub = fileRow(ann, 'sub', { kind: 'folder', parentId: shared.id });
  const leaf = fileRow(ann, 'leaf', { parentId: sub.id });
  await plantFiles(db, [sub, leaf]);
  const seen = await feedSince(bob.userId, 0);
  assert.deepEqual(
    seen.map(({ fileId, role, seq }) => [fileId, role, seq]),
    [
      [shared.id, 'viewer', 1],
      [sub.id, 'viewer', 2],
      [leaf.id, 'viewer', 3],
    ],
  );
  await inTransaction(db, (tx) => recordChanged(tx, [leaf.id], new Date()));
  await inTransaction(db, (tx) => remove(tx, ann.userId, [sub.id, leaf.id]));
  assert.deepEqual(
    (await feedSince(bob.userId, 4)).map(({ fileId, role, reason, seq }) => {
      return [fileId, role, reason, seq];
    }),
    [
      [sub.id, null, 'deleted', 5],
      [leaf.id, null, 'deleted', 6],
    ],
  );
  await inTransaction(db, (tx) => recordChanged(tx, [leaf.id], new Date()));
  assert.equal(await counterOf(bob.userId), 6, 'a tombstone is not brought back by a change');
});

test('an author whom everyone else stands before is told at once, and one of the first not twice', async () => {
  const ann = await createPerson(db, 'ann');
  const guests = await Promise.all(
    Array.from({ length: 3 }, (_, n) => createPerson(db, `guest ${n}`)),
  );
  guests.sort((a, b) => (a.userId < b.userId ? -1 : 1));
  const shared = fileRow(ann, 'shared', { kind: 'folder' });
  await plantFiles(db, [shared]);
  for (const { userId } of guests) {
    await plantShare(db, { fileId: shared.id, userId, role: 'editor' });
  }
  const usersAtOnce = fanoutLimits.usersAtOnce;
  fanoutLimits.usersAtOnce = 1;
  try {
    for (const { userId } of guests) {
      const leaf = fileRow(ann, `of ${userId}`, { parentId: shared.id, createdBy: userId });
      await inTransaction(db, async (tx) => {
        await insertFiles(tx, [leaf]);
        await recordCreated(tx, [leaf], new Date());
      });
      const seen = (await feedSince(userId, 1)).filter(({ fileId }) => fileId === leaf.id);
      assert.deepEqual(
        seen.map(({ role }) => role),
        ['editor'],
      );
    }
  } finally {
    fanoutLimits.usersAtOnce = usersAtOnce;
  }
});

/** What one of several writers does: which of the files, and how. */
const writes = fc.array(
  fc.record({
    kind: fc.constantFrom('change', 'create', 'remove'),
    picks: fc.uniqueArray(fc.nat(11), { minLength: 1, maxLength: 6 }),
  }),
  { minLength: 8, maxLength: 24 },
);

test('whoever follows the cursor while many write misses nothing and sees no place twice', async () => {
  await fc.assert(
    fc.asyncProperty(writes, async (steps) => {
      const people = [
        await createPerson(db, 'ann'),
        await createPerson(db, 'bob'),
        await createPerson(db, 'carl'),
      ] as const;
      const [ann, bob, carl] = people;
      const home = fileRow(ann, 'home', { kind: 'folder' });
      const files = Array.from({ length: 12 }, (_, n) =>
        fileRow(ann, `file ${n}`, { parentId: home.id }),
      );
      await plantFiles(db, [home]);
      await plantShare(db, { fileId: home.id, userId: carl.userId, role: 'viewer' });
      await plantShare(db, { fileId: home.id, userId: bob.userId, role: 'editor' });
      await plantFiles(db, files);

      const readers = people.map(({ userId }) => ({ userId, cursor: 0, seen: new Map() }));
      const poll = async () => {
        for (const reader of readers) {
          for (const entry of await feedSince(reader.userId, reader.cursor)) {
            reader.seen.set(entry.fileId, entry);
            reader.cursor = entry.seq;
          }
        }
      };
      let writing = true;
      const polling = (async () => {
        while (writing) await poll();
      })();
      const fresh = (n: number) => fileRow(ann, `new ${n}`, { parentId: home.id });
      try {
        await Promise.all(
          steps.map(({ kind, picks }, n) => {
            const ids = picks.flatMap((pick) => files[pick]?.id ?? []);
            return write(ann, { kind, ids, fresh: fresh(n) });
          }),
        );
      } finally {
        writing = false;
        await polling;
      }
      await poll();
      for (const { userId, seen, cursor } of readers) {
        const truth = await feedSince(userId, 0);
        assert.deepEqual(
          [...seen.values()].sort((a, b) => a.seq - b.seq),
          truth,
        );
        assert.equal(await counterOf(userId), cursor);
      }
    }),
    { numRuns: 12 },
  );
});

interface Write {
  readonly kind: 'change' | 'create' | 'remove';
  readonly ids: readonly FileId[];
  readonly fresh: ReturnType<typeof fileRow>;
}

async function write({ userId }: Caller, { kind, ids, fresh }: Write): Promise<void> {
  const at = systemAmbient.now();
  await inTransaction(db, async (tx) => {
    await lockTrees(tx, kind === 'remove' ? { exclusive: [userId] } : { shared: [userId] });
    if (kind === 'create') {
      await insertFiles(tx, [fresh]);
      await recordCreated(tx, [fresh], at);
      return;
    }
    await lockFiles(tx, ids);
    if (kind === 'change') await recordChanged(tx, ids, at);
    else await remove(tx, userId, ids);
  });
}
