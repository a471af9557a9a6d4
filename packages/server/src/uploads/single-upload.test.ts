import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { TestUser } from '../http/test-app.ts';
import {
  type Begun,
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

let rig: UploadRig;
let ann: TestUser;
let bob: TestUser;

before(async () => {
  rig = await createUploadRig();
  ann = await rig.test.signUp('Ann');
  bob = await rig.test.signUp('Bob');
});
after(() => rig.close());

test('a client with nothing but HTTP uploads a file, and the bytes are those it sent', async () => {
  const content = randomContent(100_000);
  const begun = await begin(rig, ann, { name: 'a.bin', size: content.length });
  assert.equal(begun.status, 201);
  assert.equal(begun.body.file.status, 'uploading');
  const [part] = begun.body.upload.parts;
  assert.deepEqual([part?.partNumber, part?.offset, part?.size], [1, 0, content.length]);
  assert.equal((await complete(rig, ann, begun.body.upload)).body.code, 'parts-missing');
  assert.equal((await putPart(part, content)).status, 200);
  const done = await complete(rig, ann, begun.body.upload);
  assert.equal(done.status, 200);
  assert.equal(done.body.file.status, 'uploaded');
  assert.equal(done.body.file.version, 1);
  assert.equal(done.body.file.id, begun.body.file.id);
  assert.ok((await downloaded(rig, done.body.file.id)).equals(content));
  const again = await complete(rig, ann, begun.body.upload);
  assert.deepEqual([again.status, again.body.file], [200, done.body.file]);
});

test('a URL takes no other size, no second body and no tampering', async () => {
  const content = randomContent(1000);
  const begun = await begin(rig, ann, { name: 'pinned.bin', size: 1000 });
  const [part] = begun.body.upload.parts;
  assert.ok(part?.request);
  for (const wrong of [randomContent(999), randomContent(1001)]) {
    const { url, method, headers } = part.request;
    const sent = await fetch(url, { method, headers, body: Buffer.from(wrong) });
    assert.equal(sent.status, 403);
  }
  const tampered = part.request.url.replace(/X-Amz-Signature=./, 'X-Amz-Signature=x');
  const { headers } = part.request;
  const sent = await fetch(tampered, { method: 'PUT', headers, body: Buffer.from(content) });
  assert.equal(sent.status, 403);
  assert.equal((await putPart(part, content)).status, 200);
  const done = await complete(rig, ann, begun.body.upload);
  assert.equal((await putPart(part, randomContent(1000))).status, 412);
  assert.ok((await downloaded(rig, done.body.file.id)).equals(content));
});

test('a pinned part takes only the announced bytes', async () => {
  const content = randomContent(5000);
  const partHash = describeContent(content).chunks[0]?.[0];
  const none = await begin(rig, ann, { name: 'pin1.bin', size: 5000, pin: true });
  assert.equal(none.body.upload.parts[0]?.request, undefined);
  const asked = await call<Pick<Begun['upload'], 'parts'>>(
    rig,
    ann,
    `POST /files/${none.body.file.id}/upload/urls`,
    { body: { partNumbers: [1], hashes: { 1: partHash } } },
  );
  assert.equal(asked.status, 200);
  assert.equal((await putPart(asked.body.parts[0], randomContent(5000))).status, 400);
  assert.equal((await putPart(asked.body.parts[0], content)).status, 200);
  assert.equal((await complete(rig, ann, none.body.upload)).status, 200);
});

test('claims count only when the store vouches for them', async () => {
  const content = randomContent(10);
  const begun = await begin(rig, ann, { name: 'claim.bin', size: 10 });
  const claim = (etag: string) =>
    call<{ parts: object[] }>(rig, ann, `PATCH /files/${begun.body.file.id}/chunks`, {
      body: { parts: [{ partNumber: 1, etag }] },
    });
  const refused = { partNumber: 1, status: 'not-started', etag: null };
  assert.deepEqual((await claim('"abc"')).body.parts, [refused]);
  const { etag } = await putPart(begun.body.upload.parts[0], content);
  assert.deepEqual((await claim('"abc"')).body.parts, [refused]);
  const accepted = { partNumber: 1, status: 'uploaded', etag: etag.replaceAll('"', '') };
  assert.deepEqual((await claim(etag)).body.parts, [accepted]);
  const path = `PATCH /files/${begun.body.file.id}/chunks` as const;
  const unplanned = await call(rig, ann, path, { body: { parts: [{ partNumber: 2, etag }] } });
  assert.deepEqual([unplanned.status, unplanned.body.code], [422, 'invalid-value']);
});

test('empty files and own content need no upload; a stranger’s content does', async () => {
  const empty = await begin(rig, ann, { name: 'empty', size: 0 });
  assert.deepEqual([empty.status, empty.body.upload], [200, null]);
  assert.equal(empty.body.file.status, 'uploaded');
  assert.match(empty.body.file.fingerprint ?? '', /^v1:e3b0c44298fc/);
  assert.equal((await downloaded(rig, empty.body.file.id)).length, 0);
  const content = randomContent(3000);
  const described = describeContent(content);
  await uploadAll(rig, ann, { name: 'first.bin', content, ...described });
  const { fingerprint } = described;
  const instant = await begin(rig, ann, { name: 'second.bin', size: 3000, fingerprint });
  assert.deepEqual([instant.status, instant.body.upload], [200, null]);
  assert.equal(instant.body.file.fingerprint, fingerprint);
  assert.ok((await downloaded(rig, instant.body.file.id)).equals(content));
  const stranger = await begin(rig, bob, { name: 'second.bin', size: 3000, fingerprint });
  assert.equal(stranger.status, 201);
});

test('chunk lists are checked', async () => {
  const content = randomContent(3000);
  const { chunks, fingerprint } = describeContent(content);
  const other = `v1:${'0'.repeat(64)}`;
  const cases = [
    { size: 2999, chunks, fingerprint },
    { size: 3000, chunks, fingerprint: other },
    { size: 6001, chunks: [chunks[0], [chunks[0]?.[0], 3001]] },
    { size: 0, fingerprint: other },
  ];
  for (const body of cases) {
    const answer = await begin(rig, ann, { name: 'lie.bin', ...body });
    assert.deepEqual([answer.status, answer.body.code], [422, 'chunks-mismatch']);
  }
});

test('long chunk lists come as records, in any order, before any URL', async () => {
  const content = randomContent(3000);
  const pieces = [content.subarray(0, 1000), content.subarray(1000, 1500), content.subarray(1500)];
  const records = pieces.map((piece) => {
    const record = Buffer.alloc(36);
    const [[id] = ['']] = describeContent(piece).chunks;
    record.set(Buffer.from(String(id).slice(7), 'hex'));
    record.writeUInt32BE(piece.length, 32);
    return record;
  });
  const begun = await begin(rig, ann, { name: 'long.bin', size: 3000, chunkCount: 3 });
  const { id } = begun.body.file;
  assert.equal(begun.body.upload.parts[0]?.request, undefined);
  const send = (from: number, binary: Buffer) =>
    call<{ received: number }>(rig, ann, `PUT /files/${id}/upload/chunks?from=${from}`, { binary });
  const last = await send(2, records[2] ?? Buffer.alloc(0));
  assert.deepEqual([last.status, last.body.received], [200, 0]);
  const early = await call(rig, ann, `POST /files/${id}/upload/urls`, {
    body: { partNumbers: [1] },
  });
  assert.deepEqual([early.status, early.body.code], [409, 'chunks-incomplete']);
  const wrong = await send(0, Buffer.concat([records[1] ?? '', records[1] ?? ''] as Buffer[]));
  assert.deepEqual([wrong.status, wrong.body.code], [422, 'chunks-mismatch']);
  const cut = await send(0, Buffer.alloc(35));
  assert.equal(cut.body.code, 'chunks-mismatch');
  const whole = await send(0, Buffer.concat(records.slice(0, 2)));
  assert.deepEqual([whole.status, whole.body.received], [200, 3]);
  const ready = await call<Begun>(rig, ann, `GET /files/${id}/upload`);
  await putPart(ready.body.upload.parts[0], content);
  const done = await complete(rig, ann, begun.body.upload);
  assert.equal(done.status, 200);
  assert.match(done.body.file.fingerprint ?? '', /^v1:/);
  const edited = await begin(rig, ann, {
    name: 'long.bin',
    size: 2500,
    baseVersion: 1,
    chunkEdits: [{ at: 1, remove: 1, insert: [] }],
  });
  assert.equal(edited.status, 201);
  const bad = await begin(rig, ann, {
    name: 'long.bin',
    size: 2501,
    baseVersion: 1,
    chunkEdits: [{ at: 1, remove: 1, insert: [] }],
  });
  assert.equal(bad.body.code, 'chunks-mismatch');
});

test('bad requests are refused in their own words', async () => {
  const refused = async (body: object, status: number, code: string) => {
    const answer = await begin(rig, ann, { name: 'x', size: 1, ...body });
    assert.deepEqual([answer.status, answer.body.code], [status, code], JSON.stringify(body));
  };
  for (const name of ['', 'a/b', '..', '.', 'a\0b', 'x'.repeat(256), '\ud800', '.Valise']) {
    await refused({ name }, 422, 'invalid-name');
  }
  await refused({ size: -1 }, 400, 'malformed-request');
  await refused({ size: 1.5 }, 400, 'malformed-request');
  await refused({ size: 6 * 1024 ** 4 }, 422, 'invalid-value');
  await refused({ mimeType: 'a\r\nb: c' }, 422, 'invalid-value');
  await refused({ parentId: '018f0000-0000-7000-8000-000000000000' }, 404, 'file-not-found');
  await refused({ parentId: 'nonsense' }, 400, 'malformed-request');
  const file = await uploadAll(rig, ann, { name: 'no-folder', content: randomContent(1) });
  await refused({ parentId: file.id }, 422, 'not-a-folder');
  await refused({ chunkEdits: [] }, 422, 'invalid-value');
  await refused({ chunkEdits: [], baseVersion: 7 }, 404, 'version-unknown');
});

test('what another person uploads is nobody else’s business', async () => {
  const begun = await begin(rig, ann, { name: 'private', size: 5 });
  const { id } = begun.body.file;
  const uploadId = begun.body.upload.id;
  const calls = [
    ['GET', `/files/${id}/upload?uploadId=${uploadId}`, undefined],
    ['DELETE', `/files/${id}/upload?uploadId=${uploadId}`, undefined],
    ['POST', `/files/${id}/complete`, { uploadId }],
    ['POST', `/files/${id}/upload/urls`, { uploadId, partNumbers: [1] }],
    ['PATCH', `/files/${id}/chunks`, { uploadId, parts: [{ partNumber: 1, etag: 'x' }] }],
  ] as const;
  for (const [method, url, body] of calls) {
    const answer = await call(rig, bob, `${method} ${url}`, body === undefined ? {} : { body });
    assert.deepEqual([answer.status, answer.body.code], [404, 'file-not-found'], url);
  }
});

test('a cancelled upload is gone, its bytes too, and cancelling twice is no error', async () => {
  const content = randomContent(50);
  const begun = await begin(rig, ann, { name: 'cancelled', size: 50 });
  await putPart(begun.body.upload.parts[0], content);
  const { id, fileId } = begun.body.upload;
  const path = `DELETE /files/${fileId}/upload?uploadId=${id}` as const;
  assert.equal((await call(rig, ann, path)).status, 204);
  assert.equal((await call(rig, ann, path)).status, 204);
  const after = await complete(rig, ann, begun.body.upload);
  assert.deepEqual([after.status, after.body.code], [404, 'upload-not-found']);
  const { key } = await rig.deps.db
    .selectFrom('uploads')
    .select('object_key as key')
    .where('id', '=', id as never)
    .executeTakeFirstOrThrow();
  assert.equal(await rig.deps.storage.store.head(key), null);
});

test('repeats: the same id gives the same answer, another body does not', async () => {
  const content = randomContent(77);
  const id = rig.deps.ambient.newId();
  const body = { id, name: 'repeat.bin', size: 77, modifiedAt: '2026-01-02T03:04:05.678Z' };
  const first = await begin(rig, ann, body);
  assert.equal(first.body.file.id, id);
  const second = await begin(rig, ann, body);
  assert.equal(second.status, 201);
  assert.equal(second.body.upload.id, first.body.upload.id);
  const other = await begin(rig, ann, { ...body, size: 78 });
  assert.deepEqual([other.status, other.body.code], [409, 'id-taken']);
  await putPart(first.body.upload.parts[0], content);
  const third = await begin(rig, ann, body);
  assert.equal(third.body.upload.parts[0]?.status, 'uploaded');
  const done = await complete(rig, ann, first.body.upload);
  const fourth = await begin(rig, ann, body);
  assert.deepEqual([fourth.status, fourth.body.upload], [200, null]);
  assert.deepEqual(fourth.body.file, done.body.file);
  const stranger = await begin(rig, bob, body);
  assert.deepEqual([stranger.status, stranger.body.code], [409, 'id-taken']);
});

test('the same content asked for again resumes; another upload of that name does not', async () => {
  const content = randomContent(88);
  const described = describeContent(content);
  const first = await begin(rig, ann, { name: 'resume.bin', size: 88, ...described });
  const same = await begin(rig, ann, { name: 'resume.bin', size: 88, ...described });
  assert.equal(same.body.upload.id, first.body.upload.id);
  const changed = describeContent(randomContent(88));
  const other = await begin(rig, ann, { name: 'resume.bin', size: 88, ...changed });
  assert.notEqual(other.body.upload.id, first.body.upload.id);
});
