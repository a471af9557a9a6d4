import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { AppError } from '@valise/core/errors';
import type { UploadId } from '@valise/core/ids';
import { sql } from 'kysely';
import type { TestUser } from '../../http/test-app.ts';
import type { Storage } from '../../storage/create-storage.ts';
import type { ObjectStore } from '../../storage/object-store.ts';
import { collectObjects } from '../object-collector.ts';
import { ensureStoreUpload } from '../store-progress.ts';
import { call, complete, createUploadRig, downloaded, type UploadRig } from '../test-uploads.ts';
import { findUploads } from '../upload-store.ts';
import { sweepUploads } from '../upload-sweeper.ts';
import { beginChunked, chunked, randomPieces, sendParts, uploadChunked } from './test-deltas.ts';

const KIB = 1024;

let rig: UploadRig;
let ann: TestUser;
const pieces = randomPieces(24);
/** A second server whose store fails as the test at hand wants it to. */
let faulty: UploadRig;
let faults: Partial<ObjectStore> = {};

before(async () => {
  rig = await createUploadRig();
  faulty = await createUploadRig({ beside: rig, storage: withFaults });
  ann = await rig.test.signUp('Ann');
});
after(async () => {
  await faulty.close();
  await rig.close();
});

function withFaults(real: Storage): Storage {
  const store: ObjectStore = new Proxy(real.store, {
    get: (target, name) => Reflect.get(faults, name) ?? Reflect.get(target, name),
  });
  return { ...real, store };
}

async function edited(name: string, on = faulty, from = pieces) {
  const { file } = await uploadChunked(rig, ann, { name, content: chunked(from) });
  const places = [30, 50, 51, 70, 72, 74, 76, 78];
  const next = places.reduce((list, at) => list.with(at, randomBytes(50 * KIB + at)), from);
  const content = chunked(next);
  const { body } = await beginChunked(on, ann, { name, content, baseVersion: 1 });
  assert.ok(body.upload.parts.length < 10);
  return { file, content, body };
}

async function strays(): Promise<readonly string[]> {
  const listed = await rig.store.storage.store.list('v1/');
  const { rows } = await sql<{ key: string }>`SELECT key FROM objects`.execute(rig.deps.db);
  const known = new Set(rows.map((row) => row.key));
  return listed.map(({ key }) => key).filter((key) => !known.has(key));
}

test('a copy that fails half-way is taken up again, by any server, at every step', async () => {
  const { content, body } = await edited('half.bin');
  await sendParts(body, content);
  const { store } = rig.store.storage;
  let answers = 0;
  for (let allowed = 0; answers !== 200; allowed++) {
    let left = allowed;
    const spend = () => {
      if (left-- <= 0) throw new AppError('store-unavailable');
    };
    faults = {
      async copyPart(...args) {
        spend();
        return store.copyPart(...args);
      },
      async completeMultipart(...args) {
        spend();
        return store.completeMultipart(...args);
      },
    };
    // Every second try is another server's, whose store fails only after the work is done.
    const done = await complete(faulty, ann, body.upload);
    answers = done.status;
    assert.ok(answers === 200 || answers === 503, JSON.stringify(done));
    assert.ok(allowed < 60);
  }
  faults = {};
  assert.ok((await downloaded(rig, body.file.id)).equals(content.bytes));
  assert.deepEqual(await strays(), []);
});

test('answers of the store that are lost do no harm', async () => {
  const { content, body } = await edited('lost.bin');
  await sendParts(body, content);
  const { store } = rig.store.storage;
  const lost = new Set<string>();
  const losing = async <T>(key: string, answer: Promise<T>): Promise<T> => {
    const result = await answer;
    if (lost.has(key)) return result;
    lost.add(key);
    throw new AppError('store-unavailable');
  };
  faults = {
    copyPart: (key, id, options) =>
      losing(`${key} ${options.partNumber}`, store.copyPart(key, id, options)),
    completeMultipart: (key, ...rest) => losing(key, store.completeMultipart(key, ...rest)),
  };
  for (let tries = 0; (await complete(faulty, ann, body.upload)).status !== 200; tries++) {
    assert.ok(tries < 60);
  }
  faults = {};
  assert.ok((await downloaded(rig, body.file.id)).equals(content.bytes));
});

test('two servers that complete at once make one version', async () => {
  const { content, body } = await edited('twice.bin');
  await sendParts(body, content);
  const both = await Promise.all([rig, faulty].map((on) => complete(on, ann, body.upload)));
  assert.deepEqual(
    both.map(({ status, body: { file } }) => [status, file.version]),
    [
      [200, 2],
      [200, 2],
    ],
  );
  assert.ok((await downloaded(rig, body.file.id)).equals(content.bytes));
});

test('the sweeper completes one whose client died after the last byte', async () => {
  const { content, body } = await edited('silent.bin');
  await sendParts(body, content);
  await sql`UPDATE uploads SET check_at = now() WHERE id = ${body.upload.id}`.execute(rig.deps.db);
  await sweepUploads(rig.deps);
  assert.ok((await downloaded(rig, body.file.id)).equals(content.bytes));
});

test('a source that vanishes is planned around, and the file is whole', async () => {
  const { file, content, body } = await edited('vanished.bin', rig, randomPieces(24));
  const sent = await sendParts(body, content);
  const { rows } = await sql<{ key: string }>`
    SELECT o.key FROM objects o JOIN upload_sources s ON s.object_id = o.id
    WHERE s.upload_id = ${body.upload.id}`.execute(rig.deps.db);
  await rig.store.storage.store.remove(rows.map(({ key }) => key));
  const refused = await complete(rig, ann, body.upload);
  assert.deepEqual([refused.status, refused.body.code], [409, 'parts-missing']);
  let state = await call<typeof body>(rig, ann, `GET /files/${file.id}/upload`);
  assert.ok(state.body.upload.parts.length > 0);
  for (let round = 0; ; round++) {
    assert.ok((await sendParts(state.body, content)) > sent);
    const done = await complete(rig, ann, state.body.upload);
    if (done.status === 200) break;
    assert.ok(done.status === 409 && round < 5, 'each round excludes another source');
    state = await call<typeof body>(rig, ann, `GET /files/${file.id}/upload`);
  }
  assert.ok((await downloaded(rig, file.id)).equals(content.bytes));
});

test('a staging object that vanishes is made anew', async () => {
  const { content, body } = await edited('staging.bin');
  await sendParts(body, content);
  const { store } = rig.store.storage;
  const { rows } = await sql<{ key: string }>`
    SELECT object_key AS key FROM upload_stagings`.execute(rig.deps.db);
  const stagings = new Set(rows.map(({ key }) => key));
  faults = {
    async copyPart(key, id, options) {
      if (stagings.has(options.source)) await store.remove([options.source]);
      return store.copyPart(key, id, options);
    },
  };
  const refused = await complete(faulty, ann, body.upload);
  assert.equal(refused.status, 409);
  faults = {};
  const state = await call<typeof body>(rig, ann, `GET /files/${body.file.id}/upload`);
  await sendParts(state.body, content);
  assert.equal((await complete(rig, ann, state.body.upload)).status, 200);
  assert.ok((await downloaded(rig, body.file.id)).equals(content.bytes));
});

test('what a plan copies from is kept by the collector until the upload has ended', async () => {
  const { file, content, body } = await edited('pinned-source.bin');
  const other = chunked(randomPieces(9));
  await uploadChunked(rig, ann, { name: 'pinned-source.bin', content: other });
  const age = async () => {
    await sql`UPDATE object_releases SET not_before = not_before - interval '9 days'`.execute(
      rig.deps.db,
    );
    await sql`UPDATE file_versions SET ended_at = now() - interval '2 days'`.execute(rig.deps.db);
    await sql`
      UPDATE objects SET condemned_at = now() - interval '2 days'
      WHERE state = 'condemned'`.execute(rig.deps.db);
    await collectObjects(rig.deps);
  };
  await age();
  await age();
  await sendParts(body, content);
  const done = await complete(rig, ann, body.upload);
  assert.equal(done.status, 200, JSON.stringify(done.body));
  assert.ok((await downloaded(rig, done.body.file.id)).equals(content.bytes));
  assert.equal(done.body.file.id, file.id);
});

test('who believed that it is sent whole gets the parts of the plan that was made meanwhile', async () => {
  const { body } = await edited('raced.bin');
  const [row] = await findUploads(rig.deps.db, [body.upload.id as UploadId]);
  assert.ok(row?.assembled);
  const stale = {
    ...row,
    assembled: false,
    storeUploadId: null,
    partCount: 3,
    partSize: 8_388_608,
  };
  const opened = await ensureStoreUpload(rig.deps, stale);
  assert.deepEqual([opened.assembled, opened.storeUploadId], [true, row.storeUploadId]);
});

test('samples go with their object', async () => {
  const { file } = await edited('sampled.bin', rig);
  const count = async () => {
    const { rows } = await sql<{ count: number }>`
      SELECT count(*) AS count FROM chunk_samples s JOIN files f ON f.object_id = s.object_id
      WHERE f.id = ${file.id}`.execute(rig.deps.db);
    return rows[0]?.count ?? 0;
  };
  assert.ok((await count()) > 0);
  const { rows } = await sql<{ id: string }>`
    SELECT object_id AS id FROM files WHERE id = ${file.id}`.execute(rig.deps.db);
  await sql`UPDATE files SET object_id = NULL WHERE object_id = ${rows[0]?.id}`.execute(
    rig.deps.db,
  );
  await sql`DELETE FROM upload_sources`.execute(rig.deps.db);
  await sql`DELETE FROM objects WHERE id = ${rows[0]?.id}`.execute(rig.deps.db);
  assert.equal(await count(), 0);
});
