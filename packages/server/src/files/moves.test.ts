import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { sql } from 'kysely';
import { testCursors } from '../changes/test-cursors.ts';
import { systemAmbient } from '../run/ambient.ts';
import { type Client, startTestApi, type TestApi } from '../tree/test-api.ts';
import { createObject, fileRow, plantFiles, plantShare } from '../tree/test-people.ts';
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

async function plant(name: string, parentId: string | null, size = 7) {
  const objectId = await createObject(api.db, ann.who, { size });
  const row = fileRow(ann.who, name, { parentId: parentId as never, size, objectId });
  await plantFiles(api.db, [row]);
  return row;
}

async function seqOf(id: string): Promise<number | undefined> {
  const { rows } = await sql<{ seq: number }>`
    SELECT seq FROM access WHERE user_id = ${ann.who.userId} AND file_id = ${id}`.execute(api.db);
  return rows[0]?.seq;
}

test('a folder moves with all below it in one step, and only itself changes', async () => {
  const [from, to] = [await ann.folder('from'), await ann.folder('to')];
  const inner = await ann.folder('inner', from.id);
  const file = await plant('deep.txt', inner.id);
  const before = await seqOf(file.id);
  const { status, body } = await ann('PATCH', `/files/${inner.id}`, {
    parentId: to.id,
    name: 'Inner',
  });
  assert.equal(status, 200);
  assert.deepEqual([body.file.parentId, body.file.name], [to.id, 'Inner']);
  assert.equal(await seqOf(file.id), before);
  const listing = await ann('GET', `/folders/${inner.id}/children`);
  assert.deepEqual(
    listing.body.items.map((item) => item.id),
    [file.id],
  );
});

test('nothing changes when nothing differs, and a new case of the own name is a change', async () => {
  const folder = await ann.folder('Same');
  const before = await seqOf(folder.id);
  const same = { name: 'Same', parentId: null, modifiedAt: folder.modifiedAt };
  const still = await ann('PATCH', `/files/${folder.id}`, same);
  assert.deepEqual(still.body.file, folder);
  assert.equal(await seqOf(folder.id), before);
  const renamed = await ann('PATCH', `/files/${folder.id}`, { name: 'SAME' });
  assert.deepEqual([renamed.status, renamed.body.file.name], [200, 'SAME']);
});

test('what a file system knows of a file can be set', async () => {
  const file = await plant('tool', null);
  const modifiedAt = '2001-02-03T04:05:06.789Z';
  const { body } = await ann('PATCH', `/files/${file.id}`, { modifiedAt, executable: true });
  assert.deepEqual([body.file.modifiedAt, body.file.executable], [modifiedAt, true]);
  const folder = await ann.folder('not a tool');
  const refused = await ann('PATCH', `/files/${folder.id}`, { executable: true });
  assert.deepEqual([refused.status, refused.body.field], [422, 'executable']);
});

test('refused moves', async (t) => {
  const outer = await ann.folder('outer');
  const inner = await ann.folder('inner', outer.id);
  const file = await plant('file', null);
  await plant('Inner', null);
  const bob = await api.person('bob');
  const foreign = await bob.folder('foreign');
  await plantShare(api.db, { fileId: foreign.id, userId: ann.who.userId, role: 'editor' });
  const cases: [string, string, object, number, string][] = [
    ['into itself', outer.id, { parentId: outer.id }, 409, 'cycle'],
    ['into what lies in it', outer.id, { parentId: inner.id }, 409, 'cycle'],
    ['into a file', inner.id, { parentId: file.id }, 422, 'not-a-folder'],
    ['onto a name', inner.id, { parentId: null }, 409, 'name-taken'],
    ['to another owner', file.id, { parentId: foreign.id }, 409, 'cross-owner'],
    ['to nowhere', file.id, { parentId: systemAmbient.newId() }, 404, 'file-not-found'],
    ['a bad name', file.id, { name: 'a/b' }, 422, 'invalid-name'],
    ['not even an id', 'x', { name: 'a' }, 400, 'malformed-request'],
    ['a number for a name', file.id, { name: 7 }, 400, 'malformed-request'],
  ];
  for (const [what, id, body, status, code] of cases) {
    await t.test(what, async () => {
      const answer = await ann('PATCH', `/files/${id}`, body);
      assert.deepEqual([answer.status, answer.body.code], [status, code]);
    });
  }
  await t.test('by a stranger', async () => {
    const answer = await bob('PATCH', `/files/${file.id}`, { name: 'mine' });
    assert.deepEqual([answer.status, answer.body.code], [404, 'file-not-found']);
  });
});

test('two moves at once make no cycle', async () => {
  for (let round = 0; round < 8; round++) {
    const [left, right] = [await ann.folder(`left ${round}`), await ann.folder(`right ${round}`)];
    const answers = await Promise.all([
      ann('PATCH', `/files/${left.id}`, { parentId: right.id }),
      ann('PATCH', `/files/${right.id}`, { parentId: left.id }),
    ]);
    assert.deepEqual(answers.map((answer) => answer.status).sort(), [200, 409]);
    assert.equal(answers.find((answer) => answer.status === 409)?.body.code, 'cycle');
  }
});

test('a viewer may read and copy what is shared, not change it', async () => {
  const bob = await api.person('bob');
  const file = await plant('shown', null);
  await plantShare(api.db, { fileId: file.id, userId: bob.who.userId, role: 'viewer' });
  for (const [method, body] of [['PATCH', { name: 'x' }], ['DELETE']] as const) {
    const answer = await bob(method, `/files/${file.id}`, body);
    assert.deepEqual([answer.status, answer.body.code], [403, 'forbidden']);
  }
  const copy = await bob('POST', `/files/${file.id}/copy`, { parentId: null });
  assert.equal(copy.status, 201);
  assert.deepEqual(
    [copy.body.file.ownerId, copy.body.file.role, copy.body.file.size],
    [bob.who.userId, 'owner', 7],
  );
});

test('a copied folder is a tree of its own on the same objects', async () => {
  const source = await ann.folder('source');
  const sub = await ann.folder('sub', source.id);
  const file = await plant('a.txt', sub.id);
  const gone = await plant('gone.txt', sub.id);
  await ann('DELETE', `/files/${gone.id}`);
  const id = systemAmbient.newId();
  const request = { id, name: 'copy', parentId: null };
  const copy = await ann('POST', `/files/${source.id}/copy`, request);
  assert.deepEqual([copy.status, copy.body.file.id, copy.body.file.name], [201, id, 'copy']);
  const [copiedSub] = (await ann('GET', `/folders/${id}/children`)).body.items;
  assert.notEqual(copiedSub?.id, sub.id);
  const below = (await ann('GET', `/folders/${copiedSub?.id}/children`)).body.items;
  assert.deepEqual(
    below.map(({ name, size, version }) => [name, size, version]),
    [['a.txt', 7, 1]],
  );
  const { rows } = await sql<{ objectId: string }>`
    SELECT object_id AS "objectId" FROM files WHERE id = ${below[0]?.id}`.execute(api.db);
  assert.equal(rows[0]?.objectId, file.objectId);

  const again = await ann('POST', `/files/${source.id}/copy`, request);
  assert.deepEqual(again.body.file, copy.body.file);
  const other = await ann('POST', `/files/${sub.id}/copy`, request);
  assert.deepEqual([other.status, other.body.code], [409, 'id-taken']);
  const taken = await ann('POST', `/files/${source.id}/copy`, { parentId: null });
  assert.deepEqual([taken.status, taken.body.code], [409, 'name-taken']);
});

test('a folder can be copied into itself, once', async () => {
  const folder = await ann.folder('nest');
  await ann.folder('egg', folder.id);
  const copy = await ann('POST', `/files/${folder.id}/copy`, { parentId: folder.id });
  assert.equal(copy.status, 201);
  const inside = await ann('GET', `/folders/${copy.body.file.id}/children`);
  assert.deepEqual(
    inside.body.items.map((item) => item.name),
    ['egg'],
  );
});
