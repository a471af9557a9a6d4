import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { isAppError } from '@valise/core/errors';
import type { FileId, UserId } from '@valise/core/ids';
import { parseName } from '@valise/core/names';
import fc from 'fast-check';
import { sql } from 'kysely';
import { testCursors } from '../changes/test-cursors.ts';
import { type Db, openDatabase } from '../db/database.ts';
import type { GrantId, Role } from '../db/tables.ts';
import { createTestDatabase, type TestDatabase } from '../db/test-database.ts';
import { copyItem } from '../files/copy-file.ts';
import { createItem } from '../files/create-item.ts';
import { deleteItem } from '../files/delete-file.ts';
import { purgeItem } from '../files/purge-file.ts';
import { restoreItem } from '../files/restore-file.ts';
import { updateItem } from '../files/update-file.ts';
import type { Caller } from '../http/app.ts';
import { systemAmbient } from '../run/ambient.ts';
import { shareFile } from '../shares/share-file.ts';
import { unshareFile } from '../shares/unshare-file.ts';
import { createPerson } from '../tree/test-people.ts';
import { findVisible, type VisibleFile } from '../tree/visible-file.ts';
import { fanoutLimits } from './fanout-limits.ts';
import { workFanout } from './work-fanout.ts';

/*
 * Grants × tree is the truth, `access` its flattened form. Many people at once, over two pools as
 * from two servers, do whatever changes either, while two workers carry out the jobs. Whenever all
 * is quiet the rows must be what a model computes from grants and tree, and so must every read.
 */

let database: TestDatabase;
let second: Db;
const limits = { ...fanoutLimits };
before(async () => {
  database = await createTestDatabase();
  second = openDatabase({ url: database.url, max: 6 });
});
after(async () => {
  Object.assign(fanoutLimits, limits);
  await second.destroy();
  await database.close();
});

const OPERATIONS = [
  'folder',
  'link',
  'copy',
  'touch',
  'move',
  'move',
  'delete',
  'restore',
  'purge',
  'share',
  'share',
  'unshare',
  'leave',
] as const;

interface Step {
  readonly what: (typeof OPERATIONS)[number];
  /** Null: whoever owns the file, so that most steps are allowed. */
  readonly who: number | null;
  readonly whom: number;
  readonly file: number;
  readonly place: number;
  readonly role: 'viewer' | 'editor';
}

const step: fc.Arbitrary<Step> = fc.record({
  what: fc.constantFrom(...OPERATIONS),
  who: fc.option(fc.nat(3), { freq: 3 }),
  whom: fc.nat(3),
  file: fc.nat(200),
  place: fc.nat(200),
  role: fc.constantFrom('viewer', 'editor'),
});

/** Waves of steps; those of a wave run at once, and after it all is quiet. */
const waves = fc.array(fc.array(step, { minLength: 10, maxLength: 30 }), {
  minLength: 3,
  maxLength: 6,
});

const tight = fc.record({
  usersAtOnce: fc.constantFrom(1, 2, 64),
  rowsAtOnce: fc.constantFrom(1, 3, 12, 2_000),
  rowsPerBatch: fc.constantFrom(1, 20, 1_000),
  usersPerJob: fc.constantFrom(1, 2, 500),
});

test('when all is quiet, access is what grants and tree say', { timeout: 300_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(waves, tight, async (steps, lowered) => {
      Object.assign(fanoutLimits, lowered);
      const world = await createWorld();
      for (const wave of steps) {
        let isOver = false;
        const workers = [database.db, second].map(async (db) => {
          while (!isOver) await workFanout({ db, ambient: systemAmbient });
        });
        try {
          await Promise.all(wave.map((one, n) => run(world, one, n)));
        } finally {
          isOver = true;
          await Promise.all(workers);
        }
        while (await workFanout({ db: second, ambient: systemAmbient }));
        await compare(world);
      }
    }),
    { numRuns: 8, endOnFailure: true },
  );
});

interface Known {
  readonly id: FileId;
  readonly owner: Caller;
}

interface World {
  readonly people: readonly Caller[];
  readonly files: Known[];
}

async function createWorld(): Promise<World> {
  const people = await Promise.all(
    ['ann', 'bob', 'carl', 'dora'].map((name) => createPerson(database.db, name)),
  );
  const world: World = { people, files: [] };
  for (const [n, caller] of people.slice(0, 2).entries()) {
    let parentId: FileId | null = null;
    for (const name of ['top', 'mid', 'low', 'leaf']) {
      const made = await createItem(depsOf(0), caller, {
        kind: 'folder',
        id: undefined,
        name: parseName(`${name} ${n}`),
        parentId,
      });
      parentId = made.row.id;
      world.files.push({ id: made.row.id, owner: caller });
    }
  }
  return world;
}

function depsOf(n: number) {
  const db = n % 2 === 0 ? database.db : second;
  return { db, ambient: systemAmbient, cursors: testCursors };
}

/** Refusals are part of the game; anything else is a bug. */
async function run(world: World, one: Step, n: number): Promise<void> {
  try {
    const made = await carryOut(world, one, n);
    const owner = world.people.find((caller) => caller.userId === made?.row.ownerId);
    if (made && owner) world.files.push({ id: made.row.id, owner });
  } catch (error) {
    if (!isAppError(error)) throw error;
  }
}

async function carryOut(
  { people, files }: World,
  { what, who, whom, file, place, role }: Step,
  n: number,
): Promise<VisibleFile | undefined> {
  const deps = depsOf(n);
  const chosen = files[file % files.length];
  // Mostly a place in the same tree: that is where moves are allowed.
  const near = files.filter((known) => known.owner === chosen?.owner);
  const parentId = (place % 5 === 0 ? files : near)[place % near.length]?.id ?? null;
  const caller = who === null ? chosen?.owner : people[who];
  const other = people[whom];
  if (caller === undefined || other === undefined || chosen === undefined) return undefined;
  const { id } = chosen;
  const name = parseName(`${what} ${systemAmbient.newId()}`);
  const update = { name: undefined, modifiedAt: undefined, executable: undefined };
  switch (what) {
    case 'folder':
      return createItem(deps, caller, { kind: what, id: undefined, name, parentId });
    case 'link': {
      const link = { target: 'x', modifiedAt: undefined, name, parentId } as const;
      return createItem(deps, caller, { kind: 'symlink', id: undefined, ...link });
    }
    case 'copy':
      return copyItem(deps, caller, { sourceId: id, id: undefined, name, parentId });
    case 'touch':
      await updateItem(deps, caller, {
        id,
        update: { ...update, parentId: undefined, modifiedAt: new Date(n * 1000) },
      });
      return undefined;
    case 'move':
      await updateItem(deps, caller, { id, update: { ...update, parentId } });
      return undefined;
    case 'delete':
      await deleteItem(deps, caller, { id, version: undefined, since: undefined });
      return undefined;
    case 'restore':
      await restoreItem(deps, caller, id);
      return undefined;
    case 'purge':
      await purgeItem(deps, caller, id);
      return undefined;
    case 'share':
      await shareFile(deps, caller, { id, users: [other.userId], role });
      return undefined;
    case 'unshare':
      await unshareFile(deps, caller, { id, userId: other.userId });
      return undefined;
    case 'leave':
      await unshareFile(deps, caller, { id, userId: caller.userId });
      return undefined;
  }
}

interface FileTruth {
  readonly id: FileId;
  readonly ownerId: UserId;
  readonly parentId: FileId | null;
  readonly isLive: boolean;
}

interface GrantTruth {
  readonly id: GrantId;
  readonly fileId: FileId;
  readonly userId: UserId;
  readonly role: 'viewer' | 'editor';
  readonly unsettled: number;
}

interface AccessTruth {
  readonly userId: UserId;
  readonly fileId: FileId;
  readonly role: Role | null;
  readonly via: GrantId | null;
  readonly seq: number;
}

async function compare({ people }: World): Promise<void> {
  const userIds = people.map((caller) => caller.userId);
  const { files, grants, rows } = await readTruth(userIds);
  for (const grant of grants.values()) assert.equal(grant.unsettled, 0, 'all is settled');
  const seen = new Map(rows.map((row) => [`${row.userId}/${row.fileId}`, row]));
  for (const userId of userIds) {
    const visible = await findVisible(database.db, userId, [...files.keys()]);
    for (const file of files.values()) {
      const due = roleByModel(userId, file, { files, grants });
      const row = seen.get(`${userId}/${file.id}`);
      assert.equal(row?.role ?? null, due, `the row of ${file.id}`);
      assert.equal(visible.get(file.id)?.role ?? null, due, `the sight of ${file.id}`);
      if (due !== null && due !== 'owner') {
        const grant = grants.get(row?.via ?? ('' as GrantId));
        assert.equal(grant?.role, due, 'the row names a grant of that role');
        assert.ok(grant && chainOf(file, files).includes(grant.fileId), 'above the file');
        const parent = file.parentId === null ? undefined : files.get(file.parentId);
        const seesParent = parent && roleByModel(userId, parent, { files, grants }) !== null;
        const isRoot = parent !== undefined && !seesParent;
        assert.equal(visible.get(file.id)?.sharedRoot, isRoot, `the root of ${file.id}`);
      }
    }
  }
  for (const row of rows) {
    if (!files.has(row.fileId)) assert.equal(row.role, null, 'what was purged is nobody’s');
  }
}

async function readTruth(userIds: readonly UserId[]) {
  const { rows: fileRows } = await sql<FileTruth>`
    SELECT id, owner_id AS "ownerId", parent_id AS "parentId", deletion_id IS NULL AS "isLive"
    FROM files WHERE owner_id = ANY(${userIds}::uuid[])`.execute(database.db);
  const { rows: grantRows } = await sql<GrantTruth>`
    SELECT id, file_id AS "fileId", user_id AS "userId", role, unsettled
    FROM grants WHERE user_id = ANY(${userIds}::uuid[])`.execute(database.db);
  const { rows } = await sql<AccessTruth>`
    SELECT user_id AS "userId", file_id AS "fileId", role, via, seq
    FROM access WHERE user_id = ANY(${userIds}::uuid[])`.execute(database.db);
  return {
    files: new Map(fileRows.map((row) => [row.id, row])),
    grants: new Map(grantRows.map((row) => [row.id, row])),
    rows,
  };
}

type Truth = Pick<Awaited<ReturnType<typeof readTruth>>, 'files' | 'grants'>;

function roleByModel(userId: UserId, file: FileTruth, { files, grants }: Truth): Role | null {
  if (!file.isLive) return null;
  if (file.ownerId === userId) return 'owner';
  const chain = new Set(chainOf(file, files));
  const roles = [...grants.values()]
    .filter((grant) => grant.userId === userId && chain.has(grant.fileId))
    .map((grant) => grant.role);
  return roles.includes('editor') ? 'editor' : (roles[0] ?? null);
}

function chainOf(file: FileTruth, files: Truth['files']): readonly FileId[] {
  const chain: FileId[] = [];
  for (let one: FileTruth | undefined = file; one !== undefined; ) {
    chain.push(one.id);
    one = one.parentId === null ? undefined : files.get(one.parentId);
  }
  return chain;
}
