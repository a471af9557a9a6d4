import assert from 'node:assert/strict';
import { createHash, randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import {
  type Answer,
  Api,
  expectStatus,
  type Json,
  putParts,
  sha256,
  upload,
} from './harness/api.ts';
import { pseudoRandom } from './harness/content.ts';
import { TestServer } from './harness/server.ts';

const MiB = 1024 * 1024;

/** Sentences of the contract that no other check has in view. */
describe('the small print of uploads and downloads', () => {
  let server: TestServer;
  let ann: Api;
  let bob: Api;

  before(async () => {
    server = await TestServer.start();
    const guest = new Api(server.url);
    ann = guest.as(await guest.register('Ann'));
    bob = guest.as(await guest.register('Bob'));
  });
  after(() => server[Symbol.asyncDispose]());

  const begin = (api: Api, body: Json): Promise<Answer> =>
    api.post('/files/presigned-url', { mimeType: 'a/b', ...body });

  test('at most 100 parts carry a request at once; urls gives up to 500 more, not 501', async () => {
    const size = 3_000 * 8 * MiB;
    const { file, upload: begun } = expectStatus(await begin(ann, { name: 'huge', size }), 201);
    assert.equal(begun.parts.filter((part: Json) => part.request !== undefined).length, 100);
    const ends = begun.parts.map((part: Json) => part.offset + part.size);
    assert.equal(Math.max(...ends), size);
    const numbers = (count: number) => Array.from({ length: count }, (_, n) => n + 1);
    const ask = (partNumbers: number[]) =>
      ann.post(`/files/${file.id}/upload/urls`, { uploadId: begun.id, partNumbers });
    const { parts } = expectStatus(await ask(numbers(500)), 200);
    assert.ok(parts.every((part: Json) => part.request.url.startsWith('http')));
    const tooMany = await ask(numbers(501));
    assert.ok([400, 422].includes(tooMany.status), `${tooMany.status}`);
    for (const odd of [[0], [begun.parts.length + 1], [1.5], ['1'], []]) {
      const { status } = await ask(odd as number[]);
      assert.ok([200, 400, 422].includes(status) && (status !== 200 || odd.length === 0), `${odd}`);
    }
    expectStatus(await bob.post(`/files/${file.id}/upload/urls`, { partNumbers: [1] }), 404);
    const cancel = `/files/${file.id}/upload?uploadId=${begun.id}`;
    expectStatus(await ann.call('DELETE', cancel), 204);
    expectStatus(await ask([1]), 404, 'upload-not-found');
  });

  test('two pending uploads of one file are told apart by their id, or not at all', async () => {
    const { id } = await upload(ann, { name: 'edited', content: pseudoRandom('edited', 100) });
    const one = expectStatus(await begin(ann, { name: 'edited', size: 101 }), 201).upload;
    const two = expectStatus(await begin(ann, { name: 'edited', size: 102 }), 201).upload;
    assert.notEqual(one.id, two.id);
    for (const answer of [
      await ann.get(`/files/${id}/upload`),
      await ann.post(`/files/${id}/complete`),
      await ann.call('DELETE', `/files/${id}/upload`),
    ]) {
      expectStatus(answer, 409, 'upload-ambiguous');
    }
    expectStatus(await ann.call('DELETE', `/files/${id}/upload?uploadId=${one.id}`), 204);
    assert.equal(expectStatus(await ann.get(`/files/${id}/upload`), 200).upload.id, two.id);
    expectStatus(await bob.get(`/files/${id}/upload?uploadId=${two.id}`), 404);
    assert.equal(expectStatus(await ann.get(`/files/${id}`), 200).file.version, 1, 'still whole');
  });

  test('a thousand may be pending, the next one waits', async () => {
    const guest = new Api(server.url);
    const eve = guest.as(await guest.register('Eve'));
    const batch = (from: number, count: number) =>
      Array.from({ length: count }, (_, n) => ({ name: `${from + n}`, size: 1, mimeType: 'a/b' }));
    for (let from = 0; from < 1_000; from += 250) {
      const { results } = expectStatus(
        await eve.post('/files/presigned-urls', { files: batch(from, 250) }),
        200,
      );
      assert.ok(results.every((result: Json) => result.upload !== null));
    }
    const refused = expectStatus(
      await begin(eve, { name: 'one more', size: 1 }),
      429,
      'too-many-uploads',
    );
    assert.ok(refused.detail.length > 0);
    const { results } = expectStatus(
      await eve.post('/files/presigned-urls', { files: batch(2_000, 2) }),
      200,
    );
    for (const result of results) assert.equal(result.error.code, 'too-many-uploads');
    // An instant upload is none that waits.
    expectStatus(await begin(eve, { name: 'nothing', size: 0 }), 200);
  });

  test('a batch answers at each place, the failed ones there', async () => {
    const files = [
      { name: 'fine', size: 3, mimeType: 'a/b' },
      { name: 'in/valid', size: 3, mimeType: 'a/b' },
      { name: 'homeless', size: 3, mimeType: 'a/b', parentId: randomUUID() },
      { name: 'empty', size: 0, mimeType: 'a/b' },
    ];
    const { results } = expectStatus(await ann.post('/files/presigned-urls', { files }), 200);
    assert.equal(results[0].file.status, 'uploading');
    assert.equal(results[1].error.code, 'invalid-name');
    assert.ok([404, 422].includes(results[2].error.status));
    assert.equal(results[3].upload, null);
    const uploads = [
      { fileId: results[0].file.id, uploadId: results[0].upload.id },
      { fileId: randomUUID(), uploadId: randomUUID() },
    ];
    const done = expectStatus(await ann.post('/files/complete', { uploads }), 200).results;
    assert.equal(done[0].error.code, 'parts-missing');
    assert.deepEqual(done[0].error.missing, [1]);
    assert.ok([404, 422].includes(done[1].error.status));
    const many = Array.from({ length: 257 }, (_, n) => ({ ...files[0], name: `${n}` }));
    const { status } = await ann.post('/files/presigned-urls', { files: many });
    assert.ok([400, 422].includes(status));
  });

  test('a long chunk list travels by itself, in pieces; before it is whole there are no URLs', async () => {
    const pieces = Array.from({ length: 40 }, (_, n) => pseudoRandom(`piece ${n}`, 300_000));
    const content = Buffer.concat(pieces);
    const digests = pieces.map((piece) => createHash('sha256').update(piece).digest());
    const records = Buffer.concat(
      digests.map((digest) => Buffer.concat([digest, Buffer.from([0, 4, 0x93, 0xe0])])),
    );
    const fingerprint = `v1:${sha256(Buffer.concat(digests))}`;
    const body = { name: 'listed', size: content.length, fingerprint, chunkCount: pieces.length };
    const { file, upload: begun } = expectStatus(await begin(ann, body), 201);
    assert.ok(begun.parts.every((part: Json) => part.request === undefined));
    const path = `/files/${file.id}/upload`;
    const put = (from: number, bytes: Uint8Array) =>
      ann.call('PUT', `${path}/chunks?uploadId=${begun.id}&from=${from}`, bytes);
    const urls = { uploadId: begun.id, partNumbers: [1] };
    expectStatus(await put(20, records.subarray(20 * 36)), 200);
    expectStatus(await ann.post(`${path}/urls`, urls), 409, 'chunks-incomplete');
    const odd = await put(0, records.subarray(0, 35));
    assert.ok([400, 422].includes(odd.status), `${odd.status}`);
    expectStatus(await put(0, records.subarray(0, 20 * 36)), 200);
    const fresh = expectStatus(await ann.get(`${path}?uploadId=${begun.id}`), 200).upload;
    await putParts(ann, fresh, content);
    const done = expectStatus(await ann.post(`/files/${file.id}/complete`), 200);
    assert.equal(done.file.fingerprint, fingerprint);
    const list = expectStatus(await ann.get(`/files/${file.id}/chunks?limit=7&from=3`), 200);
    assert.equal(list.items.length, 7);
    assert.equal(list.items[0].id, `sha256:${digests[3]?.toString('hex')}`);
    assert.equal(list.items[0].offset, 900_000);
    const copy = { ...body, name: 'again', chunkCount: undefined };
    const instant = expectStatus(await begin(ann, copy), 200);
    assert.equal(instant.upload, null, 'one’s own content by its fingerprint');
    expectStatus(await begin(bob, copy), 201);
  });

  test('many download URLs at once, each place by itself', async () => {
    const content = pseudoRandom('many urls', 64);
    const { id } = await upload(ann, { name: 'many urls', content });
    const stranger = randomUUID();
    const answer = await ann.post('/files/download-urls', { fileIds: [id, stranger] });
    const { results } = expectStatus(answer, 200);
    const got = await fetch(results[0].downloadUrl, { headers: { range: 'bytes=60-' } });
    assert.equal(got.status, 206);
    assert.ok(Buffer.from(await got.arrayBuffer()).equals(content.subarray(60)));
    assert.ok([404, 422].includes(results[1].error.status));
    const hidden = expectStatus(await bob.post('/files/download-urls', { fileIds: [id] }), 200);
    assert.equal(hidden.results[0].error.code, 'file-not-found');
  });

  test('cursors and limits that make no sense are refused, not guessed at', async () => {
    for (const query of ['limit=0', 'limit=1001', 'limit=x', 'cursor=x', 'sort=colour']) {
      const { status, body } = await ann.get(`/folders/root/children?${query}`);
      assert.ok([400, 422].includes(status), `${query}: ${status} ${JSON.stringify(body)}`);
    }
    const page = expectStatus(await ann.get('/folders/root/children?limit=1'), 200);
    const elsewhere = `/files/trash?cursor=${encodeURIComponent(page.cursor)}`;
    const { status } = await ann.get(elsewhere);
    assert.ok(status < 500, `${status}`);
  });
});
