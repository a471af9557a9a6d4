import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { testCursors } from '../changes/test-cursors.ts';
import { systemAmbient } from '../run/ambient.ts';
import { type Client, startTestApi, type TestApi } from '../tree/test-api.ts';
import { fileRow, plantFiles } from '../tree/test-people.ts';
import { fileRoutes } from './file-routes.ts';

let api: TestApi;
let ann: Client;
before(async () => {
  api = await startTestApi((db) =>
    fileRoutes({ db, ambient: systemAmbient, cursors: testCursors }),
  );
  ann = await api.person('ann');
});
after(() => api.close());

test('a new folder is answered as the contract shows a file', async () => {
  const { status, body } = await ann('POST', '/folders', { name: 'Letters' });
  assert.equal(status, 201);
  const { id, createdAt, updatedAt, modifiedAt, ...rest } = body.file;
  assert.match(id, /^[0-9a-f-]{36}$/);
  for (const time of [createdAt, updatedAt, modifiedAt]) assert.match(time, /^\d{4}.*\.\d{3}Z$/);
  assert.deepEqual(rest, {
    kind: 'folder',
    name: 'Letters',
    parentId: null,
    ownerId: ann.who.userId,
    role: 'owner',
    size: 0,
    mimeType: null,
    fingerprint: null,
    status: 'uploaded',
    version: 1,
    executable: false,
    createdBy: ann.who.userId,
    sharedRoot: false,
  });
});

test('names that siblings may not share', async (t) => {
  const home = await ann.folder('twins');
  await ann.folder('Caf\u00e9', home.id);
  for (const twin of ['Caf\u00e9', 'Cafe\u0301', 'CAF\u00c9', 'cafe\u0301']) {
    await t.test(JSON.stringify(twin), async () => {
      const { status, body } = await ann('POST', '/folders', { name: twin, parentId: home.id });
      assert.deepEqual([status, body.code], [409, 'name-taken']);
    });
  }
  const { body } = await ann('GET', `/folders/${home.id}/children`);
  assert.deepEqual(
    body.items.map((file) => file.name),
    ['Caf\u00e9'],
  );
});

test('names that nothing may have', async (t) => {
  const illegal = ['', '.', '..', '.valise', 'a/b', 'a\0b', 'a\nb', '\ud800', 'x'.repeat(256)];
  for (const name of illegal) {
    await t.test(JSON.stringify(name).slice(0, 20), async () => {
      const { status, body } = await ann('POST', '/folders', { name });
      assert.deepEqual([status, body.code, body.field], [422, 'invalid-name', 'name']);
    });
  }
});

test('a repeat under the same id gets the same answer, another call under it id-taken', async () => {
  const id = systemAmbient.newId<typeof ann.who.userId>();
  const first = await ann('POST', '/folders', { id, name: 'mine' });
  assert.equal(first.status, 201);
  assert.equal(first.body.file.id, id);
  await ann('PATCH', `/files/${id}`, { name: 'renamed meanwhile' });
  const again = await ann('POST', '/folders', { id, name: 'mine' });
  assert.equal(again.status, 201);
  assert.equal(again.body.file.name, 'renamed meanwhile');
  const other = await ann('POST', '/folders', { id, name: 'other' });
  assert.deepEqual([other.status, other.body.code], [409, 'id-taken']);
  const bob = await api.person('bob');
  const stolen = await bob('POST', '/folders', { id, name: 'mine' });
  assert.deepEqual([stolen.status, stolen.body.code], [409, 'id-taken']);
});

test('of simultaneous calls one makes the folder: with one id all are answered it', async () => {
  const id = systemAmbient.newId<typeof ann.who.userId>();
  const same = await Promise.all(
    Array.from({ length: 6 }, () => ann('POST', '/folders', { id, name: 'race' })),
  );
  assert.deepEqual(new Set(same.map((answer) => answer.status)), new Set([201]));
  const others = await Promise.all(
    ['Sprint', 'sprint', 'SPRINT'].map((name) => ann('POST', '/folders', { name })),
  );
  assert.deepEqual(others.map((answer) => answer.status).sort(), [201, 409, 409]);
});

test('symlinks keep their target as it is', async () => {
  const made = await ann('POST', '/symlinks', { name: 'link', target: '../e\u0301/nowhere' });
  assert.equal(made.status, 201);
  assert.deepEqual([made.body.file.kind, made.body.file.target], ['symlink', '../e\u0301/nowhere']);
  const long = await ann('POST', '/symlinks', { name: 'long', target: '\u00e9'.repeat(2049) });
  assert.deepEqual([long.status, long.body.field], [422, 'target']);
  const leap = { name: 'leap', target: 'x', modifiedAt: '2016-12-31T23:59:60Z' };
  const refused = await ann('POST', '/symlinks', leap);
  assert.equal(Math.floor(refused.status / 100), 4);
});

test('a parent must be a folder that the caller sees and may edit', async () => {
  const bob = await api.person('bob');
  const hidden = await ann.folder('private');
  const answer = await bob('POST', '/folders', { name: 'x', parentId: hidden.id });
  assert.deepEqual([answer.status, answer.body.code], [404, 'file-not-found']);
  const { body } = await ann('POST', '/symlinks', { name: 'no folder', target: 'x' });
  const inside = await ann('POST', '/folders', { name: 'x', parentId: body.file.id });
  assert.deepEqual([inside.status, inside.body.code], [422, 'not-a-folder']);
});

test('folders nest 256 deep and no deeper', async () => {
  const carl = await api.person('carl');
  const chain = Array.from({ length: 255 }, (_, level) =>
    fileRow(carl.who, `level ${level + 1}`, { kind: 'folder' }),
  );
  await plantFiles(
    api.db,
    chain.map((row, level) => ({ ...row, parentId: chain[level - 1]?.id ?? null })),
  );
  const last = await carl.folder('level 256', chain.at(-1)?.id ?? null);
  const deeper = await carl('POST', '/folders', { name: 'level 257', parentId: last.id });
  assert.deepEqual([deeper.status, deeper.body.code], [422, 'too-deep']);
  const pair = await carl.folder('pair');
  await carl.folder('inner', pair.id);
  const moved = await carl('PATCH', `/files/${pair.id}`, { parentId: chain.at(-1)?.id });
  assert.deepEqual([moved.status, moved.body.code], [422, 'too-deep']);
  const copied = await carl('POST', `/files/${pair.id}/copy`, { parentId: chain.at(-1)?.id });
  assert.deepEqual([copied.status, copied.body.code], [422, 'too-deep']);
  const fits = await carl('PATCH', `/files/${pair.id}`, { parentId: chain.at(-2)?.id });
  assert.equal(fits.status, 200);
});
