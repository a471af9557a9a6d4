import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { FileId, UserId } from '@valise/core/ids';
import { sql } from 'kysely';
import { testCursors } from '../changes/test-cursors.ts';
import { inTransaction } from '../db/database.ts';
import type { DeletionId } from '../db/tables.ts';
import { systemAmbient } from '../run/ambient.ts';
import { restoreAncestors } from '../tree/restore-ancestors.ts';
import { type Client, startTestApi, type TestApi } from '../tree/test-api.ts';
import { createObject, fileRow, plantFiles } from '../tree/test-people.ts';
import { lockTrees } from '../tree/tree-locks.ts';
import { fileRoutes } from './file-routes.ts';
import { purgeTrashed } from './purge-file.ts';
import { sweepTrash } from './trash-sweeper.ts';

let api: TestApi;
let ann: Client;
before(async () => {
  api = await startTestApi((db) =>
    fileRoutes({ db, ambient: systemAmbient, cursors: testCursors }),
  );
  ann = await api.person('ann');
});
after(() => api.close());

async function plant(name: string, parentId: string | null, given = {}) {
  const objectId = await createObject(api.db, ann.who, { size: 7 });
  const parent = { parentId: parentId as FileId | null };
  const row = fileRow(ann.who, name, { ...parent, size: 7, objectId, ...given });
  await plantFiles(api.db, [row]);
  return row;
}

async function names(folder: string): Promise<string[]> {
  return (await ann('GET', `/folders/${folder}/children`)).body.items.map((item) => item.name);
}

async function trash(): Promise<string[]> {
  return (await ann('GET', '/files/trash')).body.items.map((item) => item.name);
}

async function releasedObjects(): Promise<Set<string>> {
  const { rows } = await sql<{ id: string }>`
    SELECT object_id AS id FROM object_releases`.execute(api.db);
  return new Set(rows.map((row) => row.id));
}

test('a folder goes with all below it, comes back as one, and others hear of each file', async () => {
  const folder = await ann.folder('whole');
  const sub = await ann.folder('sub', folder.id);
  const file = await plant('f.txt', sub.id);
  const removed = await ann('DELETE', `/files/${folder.id}`);
  assert.equal(removed.status, 204);
  for (const id of [folder.id, sub.id, file.id]) {
    const gone = await ann('PATCH', `/files/${id}`, { name: 'x' });
    assert.deepEqual([gone.status, gone.body.code], [404, 'file-not-found']);
  }
  const { rows } = await sql<{ reason: string }>`
    SELECT reason FROM access WHERE role IS NULL AND user_id = ${ann.who.userId}
      AND file_id = ANY(${[folder.id, sub.id, file.id]}::uuid[])`.execute(api.db);
  assert.deepEqual(
    rows.map((row) => row.reason),
    ['deleted', 'deleted', 'deleted'],
  );
  const { items } = (await ann('GET', '/files/trash')).body;
  const item = items.find((one) => one.id === folder.id);
  assert.equal(item?.deletedBy, ann.who.userId);
  assert.match(item?.deletedAt ?? '', /Z$/);
  assert.equal(items.filter((one) => one.id === sub.id || one.id === file.id).length, 0);

  const back = await ann('POST', `/files/${folder.id}/restore`);
  assert.deepEqual(
    [back.status, back.body.file.id, back.body.file.name],
    [200, folder.id, 'whole'],
  );
  assert.deepEqual(await names(sub.id), ['f.txt']);
  assert.ok(!(await trash()).includes('whole'));
});

test('to delete, restore or purge again is no failure; what never was is 404', async () => {
  const folder = await ann.folder('again');
  for (let twice = 0; twice < 2; twice++) {
    assert.equal((await ann('DELETE', `/files/${folder.id}`)).status, 204);
  }
  for (let twice = 0; twice < 2; twice++) {
    assert.equal((await ann('POST', `/files/${folder.id}/restore`)).status, 200);
  }
  assert.equal((await ann('DELETE', `/files/trash/${folder.id}`)).status, 404);
  await ann('DELETE', `/files/${folder.id}`);
  for (let twice = 0; twice < 2; twice++) {
    assert.equal((await ann('DELETE', `/files/trash/${folder.id}`)).status, 204);
  }
  assert.equal((await ann('DELETE', `/files/${folder.id}`)).status, 204);
  assert.equal((await ann('POST', `/files/${folder.id}/restore`)).status, 404);
  const never = systemAmbient.newId();
  for (const [method, url] of [
    ['DELETE', `/files/${never}`],
    ['POST', `/files/${never}/restore`],
    ['DELETE', `/files/trash/${never}`],
  ] as const) {
    assert.equal((await ann(method, url)).status, 404);
  }
});

test('nobody else looks into the trash', async () => {
  const bob = await api.person('bob');
  const folder = await ann.folder('secret');
  await ann('DELETE', `/files/${folder.id}`);
  assert.deepEqual((await bob('GET', '/files/trash')).body.items, []);
  for (const [method, url] of [
    ['POST', `/files/${folder.id}/restore`],
    ['DELETE', `/files/trash/${folder.id}`],
    ['DELETE', `/files/${folder.id}`],
  ] as const) {
    assert.equal((await bob(method, url)).status, 404);
  }
});

test('a newer version than the caller saw is not deleted', async () => {
  const file = await plant('edited', null, { version: 3 });
  const refused = await ann('DELETE', `/files/${file.id}?version=2`);
  assert.deepEqual([refused.status, refused.body.code], [409, 'changed-since']);
  assert.deepEqual(refused.body.fileIds, [file.id]);
  const cursor = await ann('DELETE', `/files/${file.id}?cursor=made-up`);
  assert.deepEqual([cursor.status, cursor.body.code], [422, 'bad-cursor']);
  assert.equal((await ann('DELETE', `/files/${file.id}?version=3`)).status, 204);
});

test('restored to the root when its place is gone, renamed when its name is', async () => {
  const folder = await ann.folder('home');
  const file = await plant('note.txt', folder.id);
  await ann('DELETE', `/files/${file.id}`);
  await ann('DELETE', `/files/${folder.id}`);
  await plant('NOTE.txt', null);
  const back = await ann('POST', `/files/${file.id}/restore`);
  assert.deepEqual([back.body.file.parentId, back.body.file.name], [null, 'note (restored).txt']);
  await ann('DELETE', `/files/${file.id}`);
  await plant('note (restored).txt', null);
  const second = await ann('POST', `/files/${file.id}/restore`);
  assert.equal(second.body.file.name, 'note (restored) 2.txt');
});

test('purging one act leaves what an earlier act deleted below it', async () => {
  const folder = await ann.folder('act two');
  const early = await plant('act one.txt', folder.id);
  const late = await plant('late.txt', folder.id);
  const sending = await plant('sending.txt', folder.id, { status: 'uploading', objectId: null });
  await ann('DELETE', `/files/${early.id}`);
  await ann('DELETE', `/files/${folder.id}`);
  assert.equal((await ann('DELETE', `/files/trash/${folder.id}`)).status, 204);
  const released = await releasedObjects();
  assert.ok(released.has(String(late.objectId)));
  assert.ok(!released.has(String(early.objectId)));
  const { rows } = await sql<{ id: string }>`
    SELECT id FROM files WHERE id = ANY(${[folder.id, late.id, sending.id]}::uuid[])`.execute(
    api.db,
  );
  assert.deepEqual(rows, []);
  const back = await ann('POST', `/files/${early.id}/restore`);
  assert.deepEqual([back.status, back.body.file.parentId], [200, null]);
});

test('one file out of a deleted folder can be restored alone', async () => {
  const folder = await ann.folder('keep in trash');
  const wanted = await plant('wanted.txt', folder.id);
  await plant('unwanted.txt', folder.id);
  await ann('DELETE', `/files/${folder.id}`);
  const back = await ann('POST', `/files/${wanted.id}/restore`);
  assert.equal(back.body.file.parentId, null);
  await ann('POST', `/files/${folder.id}/restore`);
  assert.deepEqual(await names(folder.id), ['unwanted.txt']);
});

test('restored ancestors come alone; what stays in the trash is listed piece by piece', async () => {
  const top = await ann.folder('chain');
  const mid = await ann.folder('mid', top.id);
  const aside = await ann.folder('aside', top.id);
  const below = await plant('below aside.txt', aside.id);
  await plant('beside.txt', mid.id);
  await ann('DELETE', `/files/${top.id}`);
  await ann.folder('Chain');
  const restored = await inTransaction(api.db, async (tx) => {
    await lockTrees(tx, { exclusive: [ann.who.userId] });
    return restoreAncestors(tx, mid.id as FileId, systemAmbient.now());
  });
  assert.deepEqual(restored, [top.id, mid.id]);
  assert.ok((await names('root')).includes('chain (restored)'));
  assert.deepEqual(await names(top.id), ['mid']);
  assert.deepEqual(await names(mid.id), []);
  const left = await trash();
  assert.ok(left.includes('aside') && left.includes('beside.txt'));
  assert.ok(!left.includes('chain') && !left.includes('below aside.txt'));
  await ann('POST', `/files/${aside.id}/restore`);
  assert.deepEqual(await names(aside.id), [below.name]);
  assert.deepEqual((await names(top.id)).sort(), ['aside', 'mid']);
});

test('what is created while its folder is deleted goes with it or is refused', async () => {
  for (let round = 0; round < 6; round++) {
    const folder = await ann.folder(`doomed ${round}`);
    const [made, removed] = await Promise.all([
      ann('POST', '/folders', { name: 'inside', parentId: folder.id }),
      ann('DELETE', `/files/${folder.id}`),
    ]);
    assert.equal(removed.status, 204);
    assert.ok(made.status === 201 || made.status === 404, `${made.status}`);
    const { rows } = await sql`
      SELECT FROM files f JOIN files p ON p.id = f.parent_id
      WHERE p.id = ${folder.id} AND f.deletion_id IS NULL`.execute(api.db);
    assert.equal(rows.length, 0, 'nothing live below a trashed folder');
  }
});

test('10,000 files go and come back in one act', async () => {
  const dora = await api.person('dora');
  const folder = await dora.folder('full');
  const rows = Array.from({ length: 10_000 }, (_, n) =>
    fileRow(dora.who, `file ${n}`, { parentId: folder.id as FileId }),
  );
  await plantFiles(api.db, rows);
  assert.equal((await dora('DELETE', `/files/${folder.id}`)).status, 204);
  assert.equal(await countLive(dora.who.userId), 0);
  assert.equal((await dora('POST', `/files/${folder.id}/restore`)).status, 200);
  assert.equal(await countLive(dora.who.userId), 10_001);
});

async function countLive(userId: UserId): Promise<number | undefined> {
  const { rows } = await sql<{ count: number }>`
    SELECT count(*) FROM access a JOIN files f ON f.id = a.file_id
    WHERE a.user_id = ${userId} AND a.role = 'owner' AND f.deletion_id IS NULL`.execute(api.db);
  return rows[0]?.count;
}

test('an act that was undone can no longer purge what was deleted anew', async () => {
  const folder = await ann.folder('deleted twice');
  await ann('DELETE', `/files/${folder.id}`);
  const { rows } = await sql<{ act: DeletionId }>`
    SELECT deletion_id AS act FROM files WHERE id = ${folder.id}`.execute(api.db);
  await ann('POST', `/files/${folder.id}/restore`);
  await ann('DELETE', `/files/${folder.id}`);
  const [first] = rows;
  assert.ok(first !== undefined);
  const purge = { ownerId: ann.who.userId, id: folder.id as FileId, act: first.act };
  const isPurged = await inTransaction(api.db, (tx) =>
    purgeTrashed(tx, { ...purge, at: systemAmbient.now() }),
  );
  assert.equal(isPurged, false);
  assert.ok((await trash()).includes('deleted twice'));
});

test('the sweeper takes what is old enough, and nothing else', async () => {
  const [old, fresh] = [await ann.folder('old act'), await ann.folder('fresh act')];
  for (const folder of [old, fresh]) await ann('DELETE', `/files/${folder.id}`);
  await sql`
    UPDATE deletions SET deleted_at = now() - interval '31 days'
    WHERE file_id = ${old.id}`.execute(api.db);
  const deps = { db: api.db, ambient: systemAmbient, config: { trashDays: 30 } };
  const both = await Promise.all([sweepTrash(deps), sweepTrash(deps)]);
  assert.equal(both[0] + both[1], 1);
  const left = await trash();
  assert.ok(!left.includes('old act') && left.includes('fresh act'));
});
