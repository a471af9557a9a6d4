import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { isAppError } from '@valise/core/errors';
import type { FileId } from '@valise/core/ids';
import { parseName } from '@valise/core/names';
import type { ChangeEvent, File } from '@valise/core/wire';
import fc from 'fast-check';
import { sql } from 'kysely';
import { type Db, openDatabase } from '../db/database.ts';
import { createTestDatabase, type TestDatabase } from '../db/test-database.ts';
import { workFanout } from '../fanout/work-fanout.ts';
import { createItem } from '../files/create-item.ts';
import { deleteItem } from '../files/delete-file.ts';
import { restoreItem } from '../files/restore-file.ts';
import { updateItem } from '../files/update-file.ts';
import type { Caller } from '../http/app.ts';
import { systemAmbient } from '../run/ambient.ts';
import { shareFile } from '../shares/share-file.ts';
import { unshareFile } from '../shares/unshare-file.ts';
import { createPerson } from '../tree/test-people.ts';
import { findVisible } from '../tree/visible-file.ts';
import { toWireFile } from '../tree/wire-file.ts';
import type { FeedPosition } from './feed-cursor.ts';
import { readChanges } from './read-changes.ts';
import { testCursors } from './test-cursors.ts';
import { changesOf } from './test-pages.ts';

/*
 * Many write at once, over two pools as from two servers, while readers on both follow every
 * person's feed in pages of odd sizes. Whenever all is quiet, what each reader has put together
 * must be exactly what the database shows that person, and on the way no file may come before its
 * parent.
 */

let database: TestDatabase;
let pools: readonly [Db, Db];
before(async () => {
  database = await createTestDatabase();
  pools = [database.db, openDatabase({ url: database.url, max: 8 })];
});
after(async () => {
  await pools[1].destroy();
  await database.close();
});

const step = fc.record({
  what: fc.constantFrom(
    'create',
    'create',
    'touch',
    'move',
    'move',
    'delete',
    'restore',
    'share',
    'share',
    'unshare',
  ),
  file: fc.nat(200),
  place: fc.nat(200),
  whom: fc.nat(3),
  role: fc.constantFrom('viewer' as const, 'editor' as const),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;
const waves = fc.array(fc.array(step, { minLength: 10, maxLength: 30 }), {
  minLength: 2,
  maxLength: 4,
});

/** One person's device: what it has been told, put together. */
class Reader {
  readonly #db: Db;
  readonly #caller: Caller;
  readonly #limit: number;
  readonly files = new Map<string, File>();
  #position: FeedPosition | null = null;

  constructor(db: Db, caller: Caller, limit: number) {
    this.#db = db;
    this.#caller = caller;
    this.#limit = limit;
  }

  /** One page; true when there is more. */
  async poll(): Promise<boolean> {
    const since = this.#position;
    const { userId } = this.#caller;
    const page = await readChanges(this.#db, userId, { since, limit: this.#limit });
    for (const change of changesOf(page)) this.#apply(change);
    // As a device keeps it.
    this.#position = testCursors.decode(userId, testCursors.encode(userId, page.position));
    return page.hasMore;
  }

  #apply(change: ChangeEvent): void {
    if (change.type === 'remove') {
      this.files.delete(change.fileId);
      return;
    }
    const { id, parentId, name } = change.file;
    assert.ok(parentId === null || this.files.has(parentId), `${name} came before its parent`);
    this.files.set(id, change.file);
  }

  async compare(): Promise<void> {
    const { userId } = this.#caller;
    const { rows } = await sql<{ id: FileId }>`
      SELECT id FROM files WHERE status = 'uploaded'`.execute(this.#db);
    const visible = await findVisible(
      this.#db,
      userId,
      rows.map(({ id }) => id),
    );
    const truth = [...visible.values()].map((file) => toWireFile(file, userId));
    assert.deepEqual(sorted(this.files.values()), sorted(truth));
  }
}

const sorted = (files: Iterable<File>) => [...files].sort((a, b) => (a.id < b.id ? -1 : 1));

test('who follows the feed sees what the database shows', { timeout: 300_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(waves, async (story) => {
      const names = ['ann', 'bob', 'carl', 'dora'];
      const people = await Promise.all(names.map((name) => createPerson(database.db, name)));
      const files: Known[] = [];
      const readers = people.flatMap((caller) =>
        pools.flatMap((db, n) => [2, 7, 1_000].map((limit) => new Reader(db, caller, limit + n))),
      );
      for (const wave of story) {
        // Devices that come new list everything while it changes.
        readers.push(...people.map((caller, n) => new Reader(pools[n % 2] as Db, caller, 3)));
        let isOver = false;
        const reading = readers.map(async (reader) => {
          while (!isOver) await reader.poll();
        });
        const working = pools.map(async (db) => {
          while (!isOver) await workFanout({ db, ambient: systemAmbient });
        });
        try {
          await Promise.all(wave.map((one, n) => run({ people, files }, one, n)));
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
});

/** On a quiet feed, whose order is the one that the story left behind. */
async function listAfresh(caller: Caller): Promise<void> {
  const reader = new Reader(pools[0], caller, 2);
  while (await reader.poll());
  await reader.compare();
}

interface Known {
  readonly id: FileId;
  readonly owner: Caller;
}

interface World {
  readonly people: readonly Caller[];
  readonly files: Known[];
}

/** Refusals are part of the game; anything else is a bug. */
async function run(world: World, one: Step, n: number): Promise<void> {
  try {
    await carryOut(world, one, n);
  } catch (error) {
    if (!isAppError(error)) throw error;
  }
}

async function carryOut({ people, files }: World, one: Step, n: number): Promise<void> {
  const deps = { db: pools[n % 2] as Db, ambient: systemAmbient, cursors: testCursors };
  const chosen = files[one.file % Math.max(files.length, 1)];
  const owner = chosen?.owner ?? people[n % 2];
  const other = people[one.whom];
  if (owner === undefined || other === undefined) return;
  const near = files.filter((known) => known.owner === owner);
  const parentId = near[one.place % (near.length + 1)]?.id ?? null;
  if (chosen === undefined || one.what === 'create') {
    const name = parseName(`folder ${systemAmbient.newId()}`);
    const made = await createItem(deps, owner, { kind: 'folder', id: undefined, name, parentId });
    files.push({ id: made.row.id, owner });
    return;
  }
  const { id } = chosen;
  const nothing = { name: undefined, modifiedAt: undefined, executable: undefined };
  const update = { ...nothing, parentId: undefined };
  if (one.what === 'touch') {
    await updateItem(deps, owner, { id, update: { ...update, modifiedAt: new Date(n * 1000) } });
  } else if (one.what === 'move') {
    await updateItem(deps, owner, { id, update: { ...update, parentId } });
  } else if (one.what === 'delete') {
    await deleteItem(deps, owner, { id, version: undefined, since: undefined });
  } else if (one.what === 'restore') {
    await restoreItem(deps, owner, id);
  } else if (one.what === 'share') {
    await shareFile(deps, owner, { id, users: [other.userId], role: one.role });
  } else {
    await unshareFile(deps, owner, { id, userId: other.userId });
  }
}
