import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import type { ObjectId } from '@valise/core/ids';
import { sql } from 'kysely';
import { fileRoutes } from '../files/file-routes.ts';
import type { TestUser } from '../http/test-app.ts';
import type { Storage } from '../storage/create-storage.ts';
import { doctorKeys } from '../storage/probe-keys.ts';
import { batchKeys } from '../uploads/object-keys.ts';
import {
  begin,
  call,
  createUploadRig,
  putPart,
  randomContent,
  type UploadRig,
  uploadAll,
} from '../uploads/test-uploads.ts';
import { sweepUploads } from '../uploads/upload-sweeper.ts';
import type { Discrepancy } from './discrepancy.ts';
import { type ReconcileOptions, reconcile } from './reconcile.ts';

const MiB = 1024 * 1024;
const EVERYTHING: ReconcileOptions = {
  free: true,
  olderThanMs: 0,
  acceptDeletes: true,
  now: () => new Date(Date.now() + 1_000),
};

/** What holds on every store. `storage` is asked for within tests alone; null: the embedded store's. */
export function reconcileContract(title: string, storage: (() => Storage) | null): void {
  describe(`${title} and database are reconciled`, () => contract(storage));
}

function contract(storage: (() => Storage) | null): void {
  let rig: UploadRig;
  let ann: TestUser;
  before(async () => {
    rig = await createUploadRig({
      more: [fileRoutes],
      ...(storage === null ? {} : { storage }),
    });
    ann = await rig.test.signUp('Ann');
  });
  after(() => rig.close());

  async function run(options: Partial<ReconcileOptions> = {}) {
    const { store, inventory } = rig.deps.storage;
    const found: Discrepancy[] = [];
    const deps = { db: rig.deps.db, store, inventory };
    const sum = await reconcile(deps, { ...EVERYTHING, ...options }, (one) => found.push(one));
    return { sum, found };
  }

  const freshKey = () => batchKeys(rig.deps.ambient)(0);
  async function put(key: string, size: number): Promise<string> {
    const { uploads } = rig.deps.storage;
    const { url, headers } = uploads.putObject({ key, size, mimeType: 'a/b' });
    const body = Buffer.from(randomContent(size));
    const { 'if-none-match': _once, ...rest } = headers;
    const sent = await fetch(url, {
      method: 'PUT',
      headers: { ...rest, 'if-none-match': '*' },
      body,
    });
    assert.equal(sent.status, 200);
    return key;
  }
  const keysNow = async () => (await rig.deps.storage.store.list('')).map(({ key }) => key).sort();
  async function keyOf(fileId: string): Promise<{ id: ObjectId; key: string }> {
    const { rows } = await sql<{ id: ObjectId; key: string }>`
      SELECT o.id, o.key FROM objects o JOIN files f ON f.object_id = o.id
      WHERE f.id = ${fileId}`.execute(rig.deps.db);
    assert.ok(rows[0]);
    return rows[0];
  }

  test('what is in use, begun, given up or due is no stray, however young', async () => {
    await uploadAll(rig, ann, { name: 'small', content: randomContent(10) });
    await uploadAll(rig, ann, { name: 'large', content: randomContent(11 * MiB) });
    await uploadAll(rig, ann, { name: 'empty', content: new Uint8Array() });
    const content = randomContent(11 * MiB);
    const open = await begin(rig, ann, { name: 'open', size: content.length });
    await putPart(open.body.upload.parts[0], content);
    const sent = await begin(rig, ann, { name: 'sent', size: 5 });
    await putPart(sent.body.upload.parts[0], randomContent(5));
    const left = await begin(rig, ann, { name: 'left', size: 5 });
    await putPart(left.body.upload.parts[0], randomContent(5));
    await call(rig, ann, `DELETE /files/${left.body.file.id}/upload`);
    const before = await keysNow();
    const { sum, found } = await run();
    assert.deepEqual(found, []);
    assert.deepEqual([sum.strays, sum.young, sum.freed, sum.missing], [0, 0, 0, 0]);
    assert.equal(sum.rows, 3);
    assert.deepEqual(await keysNow(), before);
  });

  test('strays are told, and freed once they are old enough; what is not ours is let be', async () => {
    const { store } = rig.deps.storage;
    const before = await keysNow();
    const foreign = ['backup/1', 'v1/readme', 'v2/abc', `v1/abc/${randomUUID()}/notes`];
    for (const key of foreign) await put(key, 3);
    const mine = [
      freshKey(),
      freshKey(),
      doctorKeys()(0),
      `selftest/${randomUUID()}/small`,
      'probe/events/0123456789abcdef0123456789abcdef',
    ];
    for (const key of mine) await put(key, 7);
    const uploads = [freshKey(), `selftest/${randomUUID()}/target`];
    for (const key of uploads) await store.createMultipart(key, { mimeType: 'a/b' });

    const told = await run({ free: false });
    assert.deepEqual(told.found.map(({ key }) => key).sort(), [...mine, ...uploads].sort());
    assert.deepEqual([told.sum.strays, told.sum.strayBytes, told.sum.freed], [7, 35, 0]);
    // What is elsewhere isn't even looked at.
    assert.equal(told.sum.foreign, 2);
    const young = await run({ olderThanMs: 60_000 });
    assert.deepEqual([young.sum.strays, young.sum.young, young.sum.freed], [0, 7, 0]);
    assert.deepEqual(await keysNow(), [...before, ...foreign, ...mine].sort());

    const { sum } = await run();
    assert.deepEqual([sum.freed, sum.freedBytes], [7, 35]);
    assert.deepEqual(await keysNow(), [...before, ...foreign].sort());
    for (const key of uploads) assert.deepEqual(await store.listMultiparts(key), []);
    assert.deepEqual((await run()).found, []);
    await store.remove(foreign);
  });

  test('content that is missing or has another size is told with the files that name it', async () => {
    const { store } = rig.deps.storage;
    const gone = await uploadAll(rig, ann, { name: 'gone', content: randomContent(100) });
    const cut = await uploadAll(rig, ann, { name: 'cut', content: randomContent(100) });
    const [goneAt, cutAt] = [await keyOf(gone.id), await keyOf(cut.id)];
    await store.remove([goneAt.key, cutAt.key]);
    await put(cutAt.key, 99);
    const { found, sum } = await run();
    assert.deepEqual(
      found.sort((one, other) => (one.kind < other.kind ? -1 : 1)),
      [
        { kind: 'missing-object', key: goneAt.key, size: 100, fileIds: [gone.id] },
        { kind: 'wrong-size', key: cutAt.key, size: 100, storedSize: 99, fileIds: [cut.id] },
      ],
    );
    assert.deepEqual([sum.missing, sum.wrongSize, sum.freed], [1, 1, 0]);
    await sql`UPDATE files SET object_id = NULL WHERE id IN (${gone.id}, ${cut.id})`.execute(
      rig.deps.db,
    );
    await sql`DELETE FROM objects WHERE id IN (${goneAt.id}, ${cutAt.id})`.execute(rig.deps.db);
    await store.remove([cutAt.key]);
  });

  test('what lies compressed at the store has the size that it was stored with', async () => {
    const file = await uploadAll(rig, ann, { name: 'text', content: randomContent(40) });
    const { id } = await keyOf(file.id);
    await sql`
      UPDATE objects SET size = 400, stored_size = 40, content_encoding = 'gzip'
      WHERE id = ${id}`.execute(rig.deps.db);
    assert.deepEqual((await run()).found, []);
  });

  test('a row that nothing names goes the way of all content', async () => {
    const file = await uploadAll(rig, ann, { name: 'leak', content: randomContent(50) });
    const { id, key } = await keyOf(file.id);
    await sql`UPDATE files SET object_id = NULL WHERE id = ${file.id}`.execute(rig.deps.db);
    const { found } = await run();
    assert.deepEqual(
      found.map((one) => [one.kind, one.key]),
      [['unnamed-object', key]],
    );
    await sweepUploads(rig.deps);
    const { rows } = await sql<{ state: string }>`
      SELECT state FROM objects WHERE id = ${id}`.execute(rig.deps.db);
    assert.equal(rows[0]?.state, 'condemned');
    assert.ok((await keysNow()).includes(key), 'not before its day');
    assert.deepEqual((await run()).found, []);
  });

  test('beyond a page of everything', async () => {
    const { store } = rig.deps.storage;
    const keyAt = batchKeys(rig.deps.ambient);
    const keys = Array.from({ length: 2_300 }, (_, n) => keyAt(n));
    const queue = keys.values();
    await Promise.all(
      Array.from({ length: 16 }, async () => {
        for (const key of queue) await store.createEmpty(key);
      }),
    );
    const held = await run({ acceptDeletes: false });
    assert.deepEqual([held.sum.isHeld, held.sum.freed], [true, 0]);
    const { sum } = await run();
    assert.deepEqual([sum.strays, sum.freed], [2_300, 2_300]);
    assert.equal((await run()).sum.strays, 0);
  });
}
