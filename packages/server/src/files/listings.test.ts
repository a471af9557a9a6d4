import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { FileId } from '@valise/core/ids';
import type { File } from '@valise/core/wire';
import { sql } from 'kysely';
import { testCursors } from '../changes/test-cursors.ts';
import { inTransaction, type Tx } from '../db/database.ts';
import { systemAmbient } from '../run/ambient.ts';
import { type Client, startTestApi, type TestApi } from '../tree/test-api.ts';
import { fileRow, plantFiles } from '../tree/test-people.ts';
import { listChildren } from './children-store.ts';
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

async function readAll(url: string, limit: number): Promise<File[]> {
  const items: File[] = [];
  let cursor: string | null = null;
  do {
    const next: string = cursor === null ? '' : `&cursor=${cursor}`;
    const { status, body } = await ann('GET', `${url}limit=${limit}${next}`);
    assert.equal(status, 200);
    assert.ok(body.items.length <= limit);
    items.push(...body.items);
    cursor = body.cursor;
  } while (cursor !== null);
  return items;
}

test('pages of every order join to the whole, each item once', async (t) => {
  const folder = await ann.folder('sorted');
  const parentId = folder.id as FileId;
  // Equal sizes and times, so that pages break between equals.
  const rows = Array.from({ length: 25 }, (_, n) =>
    fileRow(ann.who, `${n % 2 ? 'B' : 'a'}${n}`, {
      parentId,
      size: n % 3,
      updatedAt: new Date(Date.UTC(2020, 0, 1 + (n % 4))),
    }),
  );
  await plantFiles(api.db, rows);
  await plantFiles(api.db, [fileRow(ann.who, 'sending', { parentId, status: 'uploading' })]);
  const keys: Record<string, (file: File) => string | number> = {
    name: (file) => file.name.toLowerCase(),
    updatedAt: (file) => file.updatedAt,
    size: (file) => file.size,
  };
  for (const [sort, keyOf] of Object.entries(keys)) {
    await t.test(sort, async () => {
      const items = await readAll(`/folders/${folder.id}/children?sort=${sort}&`, 4);
      assert.equal(new Set(items.map((item) => item.id)).size, 25);
      assert.equal(items.length, 25);
      const order = items.map(keyOf);
      assert.deepEqual(
        order,
        [...order].sort((a, b) => (a < b ? -1 : Number(a > b))),
      );
    });
  }
});

test('the root is one’s own, a file is no folder, a stranger’s folder is not there', async () => {
  const bob = await api.person('bob');
  const mine = await bob.folder('mine');
  const { body } = await bob('GET', '/folders/root/children');
  assert.deepEqual(
    body.items.map((item) => item.id),
    [mine.id],
  );
  assert.equal(body.cursor, null);
  const file = fileRow(bob.who, 'file');
  await plantFiles(api.db, [file]);
  assert.equal((await bob('GET', `/folders/${file.id}/children`)).body.code, 'not-a-folder');
  assert.equal((await ann('GET', `/folders/${mine.id}/children`)).status, 404);
});

test('cursors that were not handed out here', async (t) => {
  const folder = await ann.folder('cursors');
  await ann.folder('one', folder.id);
  await ann.folder('two', folder.id);
  const url = `/folders/${folder.id}/children`;
  const { body } = await ann('GET', `${url}?limit=1`);
  const forge = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const id = systemAmbient.newId();
  const cases: [string, string][] = [
    ['noise', 'AAAA'],
    ['of another order', `${body.cursor}&sort=size`],
    ['a key with NUL', forge(['children-name', 'a\0', id])],
    ['no id', forge(['children-name', 'a', 'b'])],
    ['no number', `${forge(['children-size', '1e9', id])}&sort=size`],
    ['a moment beyond time', `${forge(['children-updatedAt', '9'.repeat(17), id])}&sort=updatedAt`],
    ['an object', forge({})],
  ];
  for (const [what, cursor] of cases) {
    await t.test(what, async () => {
      const answer = await ann('GET', `${url}?cursor=${cursor}`);
      assert.deepEqual([answer.status, answer.body.code], [422, 'bad-cursor']);
    });
  }
  const far = forge(['children-updatedAt', '9'.repeat(16), id]);
  assert.equal((await ann('GET', `${url}?cursor=${far}&sort=updatedAt`)).status, 200);
  assert.equal((await ann('GET', `${url}?limit=0`)).status, 400);
  assert.equal((await ann('GET', `${url}?limit=1001`)).status, 400);
});

test('search finds parts of names, whatever their case and normalisation', async () => {
  const folder = await ann.folder('R\u00e9sum\u00e9s');
  const deep = await ann.folder('my r\u00e9sum\u00e9 2026', folder.id);
  await ann.folder('100%_\\odd');
  const gone = await ann.folder('old resume\u0301');
  await ann('DELETE', `/files/${gone.id}`);
  const find = async (q: string) =>
    (await ann('GET', `/files/search?q=${encodeURIComponent(q)}`)).body.items.map((f) => f.id);
  assert.deepEqual(await find('RE\u0301SUM\u00c9'), [deep.id, folder.id]);
  assert.equal((await find('%_\\')).length, 1);
  assert.equal((await find('0__')).length, 0);
  assert.deepEqual(await find('a\0b'), []);
  const bob = await api.person('bob');
  assert.deepEqual((await bob('GET', '/files/search?q=r')).body.items, []);
  assert.equal((await ann('GET', '/files/search?q=')).status, 400);
  assert.equal((await ann('GET', '/files/search')).status, 400);
  const pages = await readAll('/files/search?q=s&', 1);
  assert.deepEqual(
    pages.map((file) => file.id),
    await find('s'),
  );
});

test('trash pages join to the whole', async () => {
  for (let n = 0; n < 7; n++) {
    const folder = await ann.folder(`trash ${n}`);
    await ann('DELETE', `/files/${folder.id}`);
  }
  const whole = (await ann('GET', '/files/trash')).body.items.map((file) => file.id);
  const joined = (await readAll('/files/trash?', 3)).map((file) => file.id);
  assert.deepEqual(joined, whole);
});

test('a page of a large folder reads that page only', async () => {
  const folder = await ann.folder('huge');
  await sql`
    WITH made AS (
      INSERT INTO files (id, owner_id, created_by, parent_id, kind, status, name, name_key,
        name_key_version, size, modified_at, created_at, updated_at)
      SELECT gen_random_uuid(), ${ann.who.userId}, ${ann.who.userId}, ${folder.id}, 'file',
        'uploaded', 'f' || n, 'f' || n, 1, n, now(), now(), now()
      FROM generate_series(1, 20000) n RETURNING id
    ), bumped AS (
      UPDATE feeds SET seq = seq + 20000 WHERE user_id = ${ann.who.userId} RETURNING seq
    )
    INSERT INTO access (user_id, file_id, role, seq, at)
    SELECT ${ann.who.userId}, made.id, 'owner', seq - row_number() OVER () + 1, now()
    FROM made, bumped`.execute(api.db);
  // As the database does by itself within a minute.
  await sql`ANALYZE files, access`.execute(api.db);
  const { userId } = ann.who;
  const listed = { id: folder.id as FileId, ownerId: userId, userId, role: 'owner' } as const;
  for (const sort of ['name', 'updatedAt', 'size'] as const) {
    const { cursor } = await listChildren(api.db, listed, { sort, cursor: undefined, limit: 100 });
    assert.ok(cursor !== null);
    await inTransaction(api.db, async (tx) => {
      const before = await rowsRead(tx);
      const page = await listChildren(tx, listed, { sort, cursor, limit: 100 });
      assert.equal(page.items.length, 100);
      // Each of the 101 rows by its order, by its id and in `access`; dead rows may add some.
      const read = (await rowsRead(tx)) - before;
      assert.ok(read <= 400, `by ${sort}: ${read} rows`);
    });
  }
});

/** Rows that this connection has read and not yet reported. */
async function rowsRead(tx: Tx): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::bigint AS count
    FROM pg_stat_xact_user_tables`.execute(tx);
  return rows[0]?.count ?? 0;
}
