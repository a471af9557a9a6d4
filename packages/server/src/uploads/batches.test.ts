import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { File, Upload } from '@valise/core/wire';
import type { TestUser } from '../http/test-app.ts';
import {
  begin,
  call,
  createUploadRig,
  describeContent,
  downloaded,
  putPart,
  randomContent,
  type UploadRig,
} from './test-uploads.ts';

interface Result {
  readonly file: File;
  readonly upload: Upload | null;
  readonly error?: { readonly code: string };
}

let rig: UploadRig;

before(async () => {
  rig = await createUploadRig();
});
after(() => rig.close());

const mimeType = 'text/plain';

async function beginMany(user: TestUser, files: readonly unknown[]): Promise<readonly Result[]> {
  const path = 'POST /files/presigned-urls';
  const answer = await call<{ results: Result[] }>(rig, user, path, { body: { files } });
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  return answer.body.results;
}

async function completeMany(user: TestUser, uploads: readonly object[]) {
  const path = 'POST /files/complete';
  const answer = await call<{ results: Result[] }>(rig, user, path, { body: { uploads } });
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  return answer.body.results;
}

function refOf({ upload }: Result) {
  return { fileId: upload?.fileId, uploadId: upload?.id };
}

test('256 files go up as one batch', async () => {
  const ann = await rig.test.signUp('Ann');
  const contents = Array.from({ length: 256 }, (_, n) => randomContent(n + 1));
  const files = contents.map((content, n) => ({
    name: `file ${n}.bin`,
    size: content.length,
    mimeType,
    ...describeContent(content),
  }));
  const begun = await beginMany(ann, files);
  for (const [n, result] of begun.entries()) {
    assert.equal(result.file.name, `file ${n}.bin`);
    if (n !== 7) await putPart(result.upload?.parts[0], contents[n] ?? new Uint8Array());
  }
  const done = await completeMany(ann, begun.map(refOf));
  for (const [n, result] of done.entries()) {
    if (n === 7) assert.equal(result.error?.code, 'parts-missing');
    else assert.deepEqual([result.file.status, result.file.name], ['uploaded', `file ${n}.bin`]);
  }
  for (const n of [0, 100, 255]) {
    const held = await downloaded(rig, done[n]?.file.id ?? '');
    assert.ok(held.equals(contents[n] ?? new Uint8Array()));
  }
  const again = await completeMany(ann, begun.slice(0, 3).map(refOf));
  assert.deepEqual(again, done.slice(0, 3));
  const instant = await beginMany(
    ann,
    files.slice(10, 20).map((file) => ({ ...file, name: `copy of ${file.name}` })),
  );
  assert.ok(instant.every((result) => result.upload === null && result.file.status === 'uploaded'));
});

test('bad items fail alone, at their places', async () => {
  const ann = await rig.test.signUp('Ann');
  const good = { name: 'good', size: 3, mimeType };
  const results = await beginMany(ann, [
    good,
    { ...good, name: 'a/b' },
    { name: 'no size', mimeType },
    'not even an object',
    { ...good, name: 'lost', parentId: rig.deps.ambient.newId() },
    { ...good, name: 'also good' },
    { name: 'empty', size: 0, mimeType },
    { ...good, name: 'large', size: 20_000_000 },
  ]);
  assert.deepEqual(
    results.map((result) => result.error?.code ?? result.file.status),
    [
      'uploading',
      'invalid-name',
      'malformed-request',
      'malformed-request',
      'file-not-found',
      'uploading',
      'uploaded',
      'uploading',
    ],
  );
  assert.equal(results[7]?.upload?.parts.length, 3);
  const content = randomContent(3);
  for (const n of [0, 5]) await putPart(results[n]?.upload?.parts[0], content);
  const bob = await rig.test.signUp('Bob');
  const stolen = await completeMany(bob, [refOf(results[0] as Result)]);
  assert.equal(stolen[0]?.error?.code, 'upload-not-found');
  const refs = [0, 5, 7, 0].map((n) => refOf(results[n] as Result));
  const done = await completeMany(ann, [...refs, { fileId: rig.deps.ambient.newId() }]);
  assert.deepEqual(
    done.map((result) => result.error?.code ?? result.file.status),
    ['uploaded', 'uploaded', 'parts-missing', 'uploaded', 'upload-not-found'],
  );
});

test('one name twice in a batch: the second is the next version', async () => {
  const ann = await rig.test.signUp('Ann');
  const begun = await beginMany(
    ann,
    [1, 2].map((size) => ({ name: 'twin', size, mimeType })),
  );
  for (const [n, result] of begun.entries())
    await putPart(result.upload?.parts[0], randomContent(n + 1));
  const done = await completeMany(ann, begun.map(refOf));
  assert.deepEqual(
    done.map((result) => result.file.version),
    [2, 2],
  );
  assert.equal(done[0]?.file.id, done[1]?.file.id);
});

test('a thousand uploads may be pending, no more', async () => {
  const ann = await rig.test.signUp('Ann');
  const batch = (from: number, length: number) =>
    beginMany(
      ann,
      Array.from({ length }, (_, n) => ({ name: `pending ${from + n}`, size: 1, mimeType })),
    );
  for (const from of [0, 250, 500]) await batch(from, 250);
  const last = await batch(750, 256);
  assert.deepEqual(
    last.slice(249).map((result) => result.error?.code ?? 'ok'),
    ['ok', ...Array.from({ length: 6 }, () => 'too-many-uploads')],
  );
  const single = await begin(rig, ann, { name: 'one more', size: 1 });
  assert.deepEqual([single.status, single.body.code], [429, 'too-many-uploads']);
  const repeat = await begin(rig, ann, { name: 'pending 5', size: 1 });
  assert.equal(repeat.status, 201);
});
