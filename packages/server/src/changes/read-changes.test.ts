import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { FileId } from '@valise/core/ids';
import { type ChangeEvent, ChangesAnswer, type File } from '@valise/core/wire';
import { sql } from 'kysely';
import { Check } from 'typebox/value';
import { fileRoutes } from '../files/file-routes.ts';
import { systemAmbient } from '../run/ambient.ts';
import { type Client, startTestApi, type TestApi } from '../tree/test-api.ts';
import { createObject, fileRow, plantFiles } from '../tree/test-people.ts';
import { feedRoutes } from './feed-routes.ts';
import { testCursors } from './test-cursors.ts';

let api: TestApi;
before(async () => {
  api = await startTestApi((db) => {
    const deps = { db, ambient: systemAmbient, cursors: testCursors };
    return (app) => {
      feedRoutes(deps)(app);
      fileRoutes(deps)(app);
    };
  });
});
after(() => api.close());

async function poll(who: Client, query = ''): Promise<ChangesAnswer> {
  const { status, raw, headers } = await who('GET', `/files/changes${query}`);
  assert.equal(status, 200, String(raw));
  assert.match(String(headers['content-type']), /^application\/json/);
  const answer: unknown = JSON.parse(String(raw));
  assert.ok(Check(ChangesAnswer, answer), String(raw).slice(0, 2000));
  return answer;
}

/** All pages from a cursor on. */
async function follow(who: Client, since?: string, limit = 100) {
  const changes: ChangeEvent[] = [];
  let cursor = since;
  for (;;) {
    const page = await poll(
      who,
      `?limit=${limit}${cursor === undefined ? '' : `&since=${cursor}`}`,
    );
    changes.push(...page.changes);
    cursor = page.cursor;
    if (!page.hasMore) return { changes, cursor };
  }
}

const told = (changes: readonly ChangeEvent[]) =>
  changes.map((change) =>
    change.type === 'upsert' ? change.file.name : `${change.reason} ${change.fileId}`,
  );

async function refusal(who: Client, query: string) {
  const { status, body } = await who('GET', `/files/changes${query}`);
  return [status, body.code];
}

test('a listing tells everything, then only what is new', async () => {
  const ann = await api.person('ann');
  assert.deepEqual((await follow(ann)).changes, []);
  const docs = await ann.folder('docs');
  await ann.folder('inner', docs.id);
  const first = await follow(ann);
  assert.deepEqual(told(first.changes), ['docs', 'inner']);
  assert.deepEqual((await follow(ann, first.cursor)).changes, []);
  const renamed = (await ann('PATCH', `/files/${docs.id}`, { name: 'papers' })).body.file;
  const { changes, cursor } = await follow(ann, first.cursor);
  assert.deepEqual(changes, [{ type: 'upsert', file: renamed }]);
  await ann('DELETE', `/files/${docs.id}`);
  const gone = await follow(ann, cursor);
  assert.equal(gone.changes.length, 2, 'the folder and what lay in it');
  assert.ok(gone.changes.every((one) => one.type === 'remove' && one.reason === 'deleted'));
  assert.deepEqual((await follow(ann)).changes, [], 'a listing leaves tombstones out');
});

test('files are worded as everywhere else', async () => {
  const ann = await api.person('ann');
  const objectId = await createObject(api.db, ann.who, {
    size: 5,
    records: new Uint8Array(36).fill(1),
  });
  const name = 'quo"te\\ \u2028 ü.txt';
  const rows = [
    fileRow(ann.who, name, { objectId, size: 5, mimeType: 'te"xt/x' }),
    fileRow(ann.who, 'link', { kind: 'symlink', target: '../a "b"', mimeType: null }),
    fileRow(ann.who, 'old', { modifiedAt: new Date('0001-01-01T00:00:00.001Z'), executable: true }),
    fileRow(ann.who, 'new', { modifiedAt: new Date('9999-12-31T23:59:59.999Z') }),
  ];
  await plantFiles(api.db, rows);
  const listed = (await ann('GET', '/folders/root/children')).body.items;
  const byName = (a: File, b: File) => (a.name < b.name ? -1 : 1);
  const { changes } = await follow(ann);
  const files = changes.flatMap((change) => (change.type === 'upsert' ? [change.file] : []));
  assert.equal(files.length, rows.length);
  assert.deepEqual(files.sort(byName), [...listed].sort(byName));
});

test('a parent stands before its children on pages of any size', async () => {
  const ann = await api.person('ann');
  const top = await ann.folder('top');
  const mid = await ann.folder('mid', top.id);
  const leaves = Array.from({ length: 5 }, (_, n) =>
    fileRow(ann.who, `leaf ${n}`, { parentId: mid.id as FileId }),
  );
  await plantFiles(api.db, leaves);
  await ann('PATCH', `/files/${mid.id}`, { name: 'middle' });
  await ann('PATCH', `/files/${top.id}`, { name: 'upper' });
  for (const limit of [1, 2, 3, 4, 100]) {
    const { changes } = await follow(ann, undefined, limit);
    const seen = new Set<string>();
    for (const change of changes) {
      assert.ok(change.type === 'upsert');
      const { parentId } = change.file;
      assert.ok(parentId === null || seen.has(parentId), `${change.file.name} at limit ${limit}`);
      seen.add(change.file.id);
    }
    assert.equal(seen.size, 7);
  }
  const { changes, hasMore } = await poll(ann, '?limit=3');
  assert.deepEqual(told(changes), ['upper', 'middle', 'leaf 0']);
  assert.equal(hasMore, true);
});

test('pages of many changes are whole, in order, and end where they say', async () => {
  const ann = await api.person('ann');
  const names = Array.from({ length: 300 }, (_, n) => `file ${n}`);
  const rows = names.map((name) => fileRow(ann.who, name));
  await plantFiles(api.db, rows);
  await ann('DELETE', `/files/${rows[100]?.id}`);
  const left = names.filter((name) => name !== 'file 100');
  for (const limit of [63, 64, 65, 128, 299, 1_000]) {
    const page = await poll(ann, `?limit=${limit}`);
    assert.deepEqual(told(page.changes), left.slice(0, limit), `limit ${limit}`);
    const rest = await follow(ann, page.cursor, limit);
    assert.deepEqual(told(rest.changes), left.slice(limit), `after ${limit}`);
  }
});

test('a listing stays right while things change between its pages', async () => {
  const ann = await api.person('ann');
  const folders = [];
  for (let n = 0; n < 6; n++) folders.push(await ann.folder(`folder ${n}`));
  const [first, second, third] = folders as [File, File, File];
  await ann('DELETE', `/files/${third.id}`);
  const page = await poll(ann, '?limit=2');
  assert.deepEqual(told(page.changes), ['folder 0', 'folder 1']);
  await ann('DELETE', `/files/${first.id}`);
  await ann('PATCH', `/files/${second.id}`, { name: 'renamed' });
  await ann.folder('late');
  const rest = await follow(ann, page.cursor, 2);
  assert.deepEqual(told(rest.changes), [
    'folder 3',
    'folder 4',
    'folder 5',
    `deleted ${first.id}`,
    'renamed',
    'late',
  ]);
});

test('since a time: what changed from then on, and maybe a little more', async () => {
  const ann = await api.person('ann');
  const [old] = [await ann.folder('old'), await ann.folder('young')];
  const hour = 3_600_000;
  await sql`UPDATE access SET at = ${new Date(Date.now() - hour)} WHERE file_id = ${old.id}`.execute(
    api.db,
  );
  const at = (ms: number) => new Date(Date.now() - ms).toISOString();
  assert.deepEqual(told((await poll(ann, `?since=${at(hour / 2)}`)).changes), ['young']);
  assert.deepEqual(told((await poll(ann, `?since=${at(2 * hour)}`)).changes), ['old', 'young']);
  const zoned = at(hour / 2).replace('Z', '+00:00');
  assert.deepEqual(told((await poll(ann, `?since=${zoned}`)).changes), ['young']);
  assert.deepEqual(told((await poll(ann, `?since=${encodeURIComponent(zoned)}`)).changes), [
    'young',
  ]);
  assert.deepEqual(told((await poll(ann, '?since=2999-01-01T00:00:00Z')).changes), ['young']);
  assert.deepEqual(await refusal(ann, '?since=2026-02-31T25:00:00Z'), [422, 'invalid-value']);
});

test('cursors that were made up, altered or given to others are refused', async () => {
  const [ann, bob] = [await api.person('ann'), await api.person('bob')];
  await ann.folder('x');
  const { cursor } = await poll(ann);
  const altered = cursor.slice(0, 12) + (cursor[12] === 'A' ? 'B' : 'A') + cursor.slice(13);
  const bad = ['x', '0', altered, `${cursor}=`, `${cursor}A`, cursor.slice(0, -4), 'a'.repeat(900)];
  for (const text of bad) {
    assert.deepEqual(await refusal(ann, `?since=${text}`), [422, 'bad-cursor'], text);
  }
  assert.deepEqual(await refusal(bob, `?since=${cursor}`), [422, 'bad-cursor']);
  const deletion = await ann('DELETE', `/files/${crypto.randomUUID()}?cursor=x`);
  assert.deepEqual([deletion.status, deletion.body.field], [422, 'cursor']);
});

test('limits: 1,000, and 10,000 while listing', async () => {
  const ann = await api.person('ann');
  await ann.folder('a');
  await ann.folder('b');
  const first = await poll(ann, '?limit=1');
  assert.equal((await poll(ann, `?limit=10000&since=${first.cursor}`)).hasMore, false);
  const { cursor } = await follow(ann);
  assert.deepEqual(await refusal(ann, `?limit=1001&since=${cursor}`), [400, 'malformed-request']);
  for (const limit of ['0', '-1', '10001', 'x', '1.5']) {
    assert.deepEqual(await refusal(ann, `?limit=${limit}`), [400, 'malformed-request'], limit);
  }
});

test('a place from a future that a restore undid, or from another history, is feed-reset', async () => {
  const ann = await api.person('ann');
  await ann.folder('kept');
  const before = await follow(ann);
  await ann.folder('lost');
  const future = await follow(ann, before.cursor);
  await sql`UPDATE feeds SET seq = seq - 1 WHERE user_id = ${ann.who.userId}`.execute(api.db);
  assert.deepEqual(await refusal(ann, `?since=${future.cursor}`), [410, 'feed-reset']);
  assert.equal((await poll(ann, `?since=${before.cursor}`)).hasMore, false);
});

test('deleting with a cursor spares what its holder has not seen', async () => {
  const ann = await api.person('ann');
  const top = await ann.folder('top');
  const seen = fileRow(ann.who, 'seen', { parentId: top.id as FileId });
  await plantFiles(api.db, [seen]);
  const { cursor } = await follow(ann);
  const unseen = fileRow(ann.who, 'unseen', { parentId: top.id as FileId });
  await plantFiles(api.db, [unseen]);
  const refused = await ann('DELETE', `/files/${top.id}?cursor=${cursor}`);
  assert.deepEqual([refused.status, refused.body.code], [409, 'changed-since']);
  assert.deepEqual(refused.body.fileIds, [unseen.id]);
  const now = await follow(ann, cursor);
  assert.equal((await ann('DELETE', `/files/${top.id}?cursor=${now.cursor}`)).status, 204);
});
