import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { AppError } from '@valise/core/errors';
import type { File, Part } from '@valise/core/wire';
import { sql } from 'kysely';
import type { TestUser } from '../http/test-app.ts';
import {
  begin,
  call,
  complete,
  createUploadRig,
  describeContent,
  downloaded,
  putPart,
  randomContent,
  type UploadRig,
  uploadAll,
} from './test-uploads.ts';
import { sweepUploads } from './upload-sweeper.ts';

let rig: UploadRig;
let ann: TestUser;

before(async () => {
  rig = await createUploadRig();
  ann = await rig.test.signUp('Ann');
});
after(() => rig.close());

/** Lets time pass for the database: everything it remembers moves into the past. */
async function later(interval: string): Promise<void> {
  const past = sql.raw(`interval '${interval}'`);
  const { db } = rig.deps;
  await sql`UPDATE uploads SET check_at = check_at - ${past}, expires_at = expires_at - ${past},
    progress_at = progress_at - ${past}`.execute(db);
  await sql`UPDATE object_releases SET not_before = not_before - ${past}`.execute(db);
  await sql`UPDATE objects SET condemned_at = condemned_at - ${past}`.execute(db);
  await sql`UPDATE file_versions SET ended_at = ended_at - ${past}`.execute(db);
  await sql`UPDATE store_removals SET not_before = not_before - ${past}`.execute(db);
  await sql`UPDATE store_beginnings SET not_before = not_before - ${past}`.execute(db);
}

async function keyOf(fileId: string): Promise<string> {
  const row = await rig.deps.db
    .selectFrom('uploads')
    .select('object_key')
    .where('file_id', '=', fileId as never)
    .orderBy('created_at', 'desc')
    .executeTakeFirstOrThrow();
  return row.object_key;
}

test('an upload whose client died after the last byte is finished', async () => {
  const content = randomContent(1000);
  const begun = await begin(rig, ann, { name: 'silent.bin', size: 1000 });
  await putPart(begun.body.upload.parts[0], content);
  await sweepUploads(rig.deps);
  const status = (await call<{ file: File }>(rig, ann, `GET /files/${begun.body.file.id}/upload`))
    .body;
  assert.equal(status.file.status, 'uploading');
  await later('2 minutes');
  await sweepUploads(rig.deps);
  assert.ok((await downloaded(rig, begun.body.file.id)).equals(content));
  assert.equal((await complete(rig, ann, begun.body.upload)).body.file.version, 1);
});

test('a client that takes an old upload up again and dies then is looked after within a minute', async () => {
  const content = randomContent(1000);
  const begun = await begin(rig, ann, { name: 'taken-up.bin', size: 1000 });
  for (let look = 0; look < 4; look++) {
    await later('1 hour');
    await sweepUploads(rig.deps);
  }
  const { id, fileId } = begun.body.upload;
  const path = `POST /files/${fileId}/upload/urls` as const;
  const body = { uploadId: id, partNumbers: [1] };
  const { parts } = (await call<{ parts: Part[] }>(rig, ann, path, { body })).body;
  assert.equal((await putPart(parts[0], content)).status, 200);
  await later('41 seconds');
  await sweepUploads(rig.deps);
  assert.ok((await downloaded(rig, fileId)).equals(content));
});

test('as long as a URL can be used, the sweeper looks within a minute', async () => {
  const content = randomContent(1000);
  const begun = await begin(rig, ann, { name: 'slow-put.bin', size: 1000 });
  for (let look = 0; look < 20; look++) {
    await later('41 seconds');
    await sweepUploads(rig.deps);
  }
  await putPart(begun.body.upload.parts[0], content);
  await later('41 seconds');
  await sweepUploads(rig.deps);
  assert.ok((await downloaded(rig, begun.body.file.id)).equals(content));
});

test('an upload without progress ends after a week, and its bytes go', async () => {
  const begun = await begin(rig, ann, { name: 'expired.bin', size: 9_000_000 });
  await putPart(begun.body.upload.parts[0], randomContent(9_000_000));
  const row = await rig.deps.db
    .selectFrom('uploads')
    .select(['object_key', 'store_upload_id'])
    .where('id', '=', begun.body.upload.id as never)
    .executeTakeFirstOrThrow();
  await later('8 days');
  await sweepUploads(rig.deps);
  const { store } = rig.deps.storage;
  assert.equal(await store.listParts(row.object_key, row.store_upload_id ?? ''), null);
  const gone = await complete(rig, ann, begun.body.upload);
  assert.equal(gone.status, 404);
});

test('an upload lives as long as parts arrive, though its client claims none', async () => {
  const content = randomContent(25_000_000);
  const begun = await begin(rig, ann, { name: 'slow.bin', size: content.length });
  for (const part of begun.body.upload.parts) {
    await later('4 days');
    await putPart(part, content);
    await sweepUploads(rig.deps);
  }
  assert.equal((await complete(rig, ann, begun.body.upload)).status, 200);
  assert.ok((await downloaded(rig, begun.body.file.id)).equals(content));
});

test('an upload whose file is gone for good ends, though its bytes never came', async () => {
  const begun = await begin(rig, ann, { name: 'homeless.bin', size: 9_000_000 });
  await sql`DELETE FROM files WHERE id = ${begun.body.file.id}`.execute(rig.deps.db);
  await later('2 minutes');
  await sweepUploads(rig.deps);
  assert.equal((await complete(rig, ann, begun.body.upload)).status, 404);
});

test('one round works off more than one step of a duty takes', async () => {
  const bob = await rig.test.signUp('Bob');
  const files = Array.from({ length: 150 }, (_, n) => {
    return { name: `${n}`, size: 1, mimeType: 'text/plain' };
  });
  await call(rig, bob, 'POST /files/presigned-urls', { body: { files } });
  await later('8 days');
  await sweepUploads(rig.deps);
  const { rows } = await sql`SELECT FROM uploads WHERE state = 'pending'`.execute(rig.deps.db);
  assert.equal(rows.length, 0);
});

test('a cancelled upload’s late bytes go when no URL can bring any more', async () => {
  const begun = await begin(rig, ann, { name: 'late.bin', size: 10 });
  const key = await keyOf(begun.body.file.id);
  await call(rig, ann, `DELETE /files/${begun.body.file.id}/upload`);
  assert.equal((await putPart(begun.body.upload.parts[0], randomContent(10))).status, 200);
  await sweepUploads(rig.deps);
  assert.notEqual(await rig.deps.storage.store.head(key), null);
  await later('21 minutes');
  await sweepUploads(rig.deps);
  assert.equal(await rig.deps.storage.store.head(key), null);
});

test('what a store that was away kept of a cancelled upload goes within minutes', async () => {
  const content = randomContent(10);
  const begun = await begin(rig, ann, { name: 'kept.bin', size: 10 });
  await putPart(begun.body.upload.parts[0], content);
  const key = await keyOf(begun.body.file.id);
  const failing = await createUploadRig({
    beside: rig,
    storage: (real) => ({
      ...real,
      store: { ...real.store, remove: () => Promise.reject(new AppError('store-unavailable')) },
    }),
  });
  await call(failing, ann, `DELETE /files/${begun.body.file.id}/upload`);
  await failing.close();
  const { store } = rig.deps.storage;
  assert.notEqual(await store.head(key), null);
  await later('2 minutes');
  await sweepUploads(rig.deps);
  assert.equal(await store.head(key), null);
});

test('an empty object that never got its row goes; one that did stays', async () => {
  const bob = await rig.test.signUp('Bob');
  const keys: string[] = [];
  const failing = await createUploadRig({
    beside: rig,
    storage: (real) => ({
      ...real,
      store: {
        ...real.store,
        createEmpty: async (key) => {
          keys.push(key);
          await real.store.createEmpty(key);
          throw new AppError('store-unavailable');
        },
      },
    }),
  });
  assert.equal((await begin(failing, bob, { name: 'nothing', size: 0 })).status, 503);
  await failing.close();
  const made = await begin(rig, bob, { name: 'nothing', size: 0 });
  assert.equal(made.status, 200);
  await later('1 day');
  await sweepUploads(rig.deps);
  const { store } = rig.deps.storage;
  assert.equal(await store.head(keys[0] ?? ''), null);
  assert.equal((await downloaded(rig, made.body.file.id)).length, 0);
});

test('a multipart upload whose id nobody came to remember is ended, no other', async () => {
  const keys: string[] = [];
  const failing = await createUploadRig({
    beside: rig,
    storage: (real) => ({
      ...real,
      store: {
        ...real.store,
        createMultipart: async (key, options) => {
          keys.push(key);
          await real.store.createMultipart(key, options);
          throw new AppError('store-unavailable');
        },
      },
    }),
  });
  const size = 9_000_000;
  assert.equal((await begin(failing, ann, { name: 'stray.bin', size })).status, 503);
  await failing.close();
  const content = randomContent(size);
  const begun = await begin(rig, ann, { name: 'stray.bin', size });
  const key = await keyOf(begun.body.file.id);
  assert.deepEqual(keys, [key], 'the same upload is resumed');
  const { store } = rig.deps.storage;
  assert.equal((await store.listMultiparts(key)).length, 2);
  await sweepUploads(rig.deps);
  assert.equal((await store.listMultiparts(key)).length, 2, 'calls may still be on their way');
  await later('3 minutes');
  await sweepUploads(rig.deps);
  assert.equal((await store.listMultiparts(key)).length, 1);
  for (const part of begun.body.upload.parts) await putPart(part, content);
  assert.equal((await complete(rig, ann, begun.body.upload)).status, 200);
  assert.ok((await downloaded(rig, begun.body.file.id)).equals(content));
});

test('a key at which the store fails is looked at again, and keeps nobody else waiting', async () => {
  const failing = await createUploadRig({
    beside: rig,
    storage: (real) => ({
      ...real,
      store: {
        ...real.store,
        listMultiparts: () => Promise.reject(new AppError('store-unavailable')),
      },
    }),
  });
  await begin(failing, ann, { name: 'unlisted.bin', size: 9_000_000 });
  await later('3 minutes');
  await sweepUploads(failing.deps);
  await failing.close();
  const { rows } = await sql`SELECT FROM store_beginnings WHERE not_before > now()`.execute(
    rig.deps.db,
  );
  assert.equal(rows.length, 1);
});

test('superseded content goes after its grace, content in use never', async () => {
  const old = await uploadAll(rig, ann, { name: 'content.bin', content: randomContent(20) });
  const oldKey = await keyOf(old.id);
  const content = randomContent(21);
  await uploadAll(rig, ann, { name: 'content.bin', content });
  const newKey = await keyOf(old.id);
  const { store } = rig.deps.storage;
  for (const step of ['23 hours', '2 hours', '2 hours', '20 hours']) {
    await later(step);
    await sweepUploads(rig.deps);
    assert.notEqual(await store.head(oldKey), null, step);
  }
  await later('5 hours');
  await sweepUploads(rig.deps);
  assert.equal(await store.head(oldKey), null);
  assert.notEqual(await store.head(newKey), null);
  assert.ok((await downloaded(rig, old.id)).equals(content));
});

test('condemned content is never linked again; content linked in time lives', async () => {
  const content = randomContent(30);
  const described = describeContent(content);
  const at = { name: 'linked.bin', content };
  const first = await uploadAll(rig, ann, { ...at, ...described });
  const key = await keyOf(first.id);
  await uploadAll(rig, ann, { ...at, content: randomContent(31) });
  await later('23 hours');
  const instant = await begin(rig, ann, { name: 'saved.bin', size: 30, ...described });
  assert.equal(instant.body.upload, null);
  for (let day = 0; day < 3; day++) {
    await later('25 hours');
    await sweepUploads(rig.deps);
  }
  assert.notEqual(await rig.deps.storage.store.head(key), null);
  await sql`UPDATE objects SET state = 'condemned', condemned_at = now() WHERE key = ${key}`.execute(
    rig.deps.db,
  );
  const refused = await begin(rig, ann, { name: 'again.bin', size: 30, ...described });
  assert.equal(refused.status, 201);
});
