import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { UploadId } from '@valise/core/ids';
import type { Upload } from '@valise/core/wire';
import type { TestUser } from '../http/test-app.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { completePatiently } from './complete-patiently.ts';
import {
  type Begun,
  begin,
  call,
  complete,
  createUploadRig,
  downloaded,
  putPart,
  randomContent,
  type UploadRig,
} from './test-uploads.ts';
import { findUploads } from './upload-store.ts';

const MIB = 1024 * 1024;
const content = randomContent(17 * MIB + 5);

let rig: UploadRig;
let other: UploadRig;
let ann: TestUser;

before(async () => {
  rig = await createUploadRig();
  other = await createUploadRig({ beside: rig });
  ann = await rig.test.signUp('Ann');
});
after(async () => {
  await other.close();
  await rig.close();
});

async function sent(name: string, on = rig, parts = [1, 2, 3]): Promise<Upload> {
  const { body } = await begin(on, ann, { name, size: content.length });
  for (const number of parts) {
    assert.equal((await putPart(body.upload.parts[number - 1], content)).status, 200);
  }
  return body.upload;
}

test('a large file goes up in parts, is resumed on another server, and comes back whole', async () => {
  const upload = await sent('large.bin', rig, [2]);
  const early = await complete(rig, ann, upload);
  assert.deepEqual(
    [early.status, early.body.code, early.body.missing],
    [409, 'parts-missing', [1, 3]],
  );
  const { body } = await begin(other, ann, { name: 'large.bin', size: content.length });
  assert.equal(body.upload.id, upload.id);
  const states = body.upload.parts.map((part) => [part.status, part.request !== undefined]);
  assert.deepEqual(states, [
    ['not-started', true],
    ['uploaded', false],
    ['not-started', true],
  ]);
  await putPart(body.upload.parts[0], content);
  await putPart(body.upload.parts[0], content);
  await putPart(body.upload.parts[2], content);
  const done = await complete(other, ann, upload);
  assert.equal(done.status, 200);
  assert.ok((await downloaded(rig, done.body.file.id)).equals(content));
  assert.equal((await putPart(body.upload.parts[0], content)).status, 404);
});

test('claims of parts are checked by size and ETag', async () => {
  const upload = await sent('claims.bin', rig, [1]);
  const answer = await call<{ parts: { status: string }[] }>(
    rig,
    ann,
    `PATCH /files/${upload.fileId}/chunks`,
    { body: { parts: [1, 2].map((partNumber) => ({ partNumber, etag: '"lie"' })) } },
  );
  assert.deepEqual(
    answer.body.parts.map((part) => part.status),
    ['not-started', 'not-started'],
  );
  const standing = await call<Begun>(rig, ann, `GET /files/${upload.fileId}/upload`);
  assert.deepEqual(
    standing.body.upload.parts.map((part) => part.status),
    ['uploaded', 'not-started', 'not-started'],
  );
});

test('two servers completing at once answer the same file', async () => {
  const upload = await sent('twice.bin');
  const answers = await Promise.all(
    [rig, other, rig, other].map((on) => complete(on, ann, upload)),
  );
  for (const answer of answers) {
    assert.equal(answer.status, 200);
    assert.equal(answer.body.file.id, answers[0]?.body.file.id);
    assert.equal(answer.body.file.version, 1);
  }
});

test('a store that lost the parts starts over', async () => {
  const upload = await sent('lost.bin', rig, [1, 2]);
  const row = await rig.deps.db
    .selectFrom('uploads')
    .select(['object_key', 'store_upload_id'])
    .where('id', '=', upload.id as never)
    .executeTakeFirstOrThrow();
  await rig.deps.storage.store.abortMultipart(row.object_key, row.store_upload_id ?? '');
  const refused = await complete(rig, ann, upload);
  assert.deepEqual([refused.status, refused.body.missing], [409, [1, 2, 3]]);
  const { body } = await call<Begun>(rig, ann, `GET /files/${upload.fileId}/upload`);
  for (const part of body.upload.parts) await putPart(part, content);
  assert.equal((await complete(rig, ann, upload)).status, 200);
});

/** A server that dies at one step: what it did stands, what was to follow never happens. */
const crashes: Readonly<Record<string, (store: ObjectStore) => Partial<ObjectStore>>> = {
  'before listing': () => ({ listParts: die }),
  'before assembling': () => ({ completeMultipart: die }),
  'after assembling': (store) => ({
    completeMultipart: async (...request) => {
      await store.completeMultipart(...request);
      return die();
    },
  }),
};

function die(): never {
  throw new Error('crash');
}

for (const [when, faults] of Object.entries(crashes)) {
  test(`a crash ${when} leaves an upload that another server completes`, async () => {
    const upload = await sent(`crash ${when}.bin`);
    const dying = await createUploadRig({
      beside: rig,
      storage: (real) => ({ ...real, store: { ...real.store, ...faults(real.store) } }),
    });
    assert.equal((await complete(dying, ann, upload)).status, 500);
    await dying.close();
    await expireLease(upload);
    const done = await complete(other, ann, upload);
    assert.equal(done.status, 200, JSON.stringify(done.body));
    assert.ok((await downloaded(rig, done.body.file.id)).equals(content));
  });
}

test('a crash inside the commit changes nothing and is made good by a repeat', async () => {
  const upload = await sent('crash in commit.bin');
  const dying = await createUploadRig({ beside: rig, ambient: { now: die } });
  assert.equal((await complete(dying, ann, upload)).status, 500);
  await dying.close();
  const held = await call<Begun>(rig, ann, `GET /files/${upload.fileId}/upload`);
  assert.deepEqual(
    [held.body.file.status, held.body.upload.parts[0]?.status],
    ['uploading', 'uploaded'],
  );
  await expireLease(upload);
  assert.equal((await complete(other, ann, upload)).status, 200);
});

test('what is cancelled while it is assembled is gone, not in want of parts', async () => {
  const upload = await sent('cancelled.bin');
  const slow = await createUploadRig({
    beside: rig,
    storage: (real) => ({
      ...real,
      store: {
        ...real.store,
        completeMultipart: async (...request) => {
          await call(rig, ann, `DELETE /files/${upload.fileId}/upload?uploadId=${upload.id}`);
          return real.store.completeMultipart(...request);
        },
      },
    }),
  });
  const answer = await complete(slow, ann, upload);
  await slow.close();
  assert.deepEqual([answer.status, answer.body.code], [404, 'upload-not-found']);
});

test('a claim about what stands assembled tells the truth, whatever ETag is claimed', async () => {
  const upload = await sent('assembled.bin');
  const row = await rig.deps.db
    .selectFrom('uploads')
    .select(['object_key', 'store_upload_id'])
    .where('id', '=', upload.id as never)
    .executeTakeFirstOrThrow();
  const { store } = rig.deps.storage;
  const id = row.store_upload_id ?? '';
  const parts = (await store.listParts(row.object_key, id)) ?? [];
  const made = await store.completeMultipart(row.object_key, id, { parts, size: content.length });
  const claim = { uploadId: upload.id, parts: [{ partNumber: 1, etag: 'a\0b' }] };
  const answer = await call<{ parts: unknown[] }>(
    rig,
    ann,
    `PATCH /files/${upload.fileId}/chunks`,
    {
      body: claim,
    },
  );
  assert.deepEqual(answer.body.parts, [{ partNumber: 1, status: 'uploaded', etag: made?.etag }]);
});

test('while another server assembles, the answer is 202', async () => {
  const upload = await sent('busy.bin');
  await rig.deps.db
    .updateTable('uploads')
    .set({ lease_owner: rig.deps.ambient.newId(), lease_until: new Date(Date.now() + 60_000) })
    .where('id', '=', upload.id as never)
    .execute();
  const answer = await complete(rig, ann, upload);
  assert.deepEqual([answer.status, answer.body.file.status], [202, 'uploading']);
});

test('who waits for a slow store is told in time, and the work goes on', async () => {
  const upload = await sent('slow.bin');
  const gate = Promise.withResolvers<void>();
  const slow = await createUploadRig({
    beside: rig,
    storage: (real) => ({
      ...real,
      store: {
        ...real.store,
        completeMultipart: async (...request) => {
          await gate.promise;
          return real.store.completeMultipart(...request);
        },
      },
    }),
  });
  const rows = await findUploads(rig.deps.db, [upload.id as UploadId]);
  const told = await completePatiently(slow.deps, rows, 50);
  assert.equal(told.get(upload.id as UploadId)?.kind, 'assembling');
  gate.resolve();
  const done = await complete(rig, ann, upload);
  assert.equal(done.status, 200);
  assert.ok((await downloaded(rig, done.body.file.id)).equals(content));
  await slow.close();
});

/** A dead server's lease runs out after a while; the test doesn't wait for it. */
async function expireLease(upload: Upload): Promise<void> {
  await rig.deps.db
    .updateTable('uploads')
    .set({ lease_until: new Date(0) })
    .where('id', '=', upload.id as never)
    .execute();
}
