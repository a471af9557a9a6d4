import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import {
  Api,
  assertSameBytes,
  download,
  expectStatus,
  type Json,
  putPart,
  putParts,
  upload,
} from './harness/api.ts';
import { pseudoRandom } from './harness/content.ts';
import { TestServer } from './harness/server.ts';
import { isEmbedded } from './harness/store.ts';

const MiB = 1024 * 1024;

describe('the main job over plain HTTP', () => {
  let server: TestServer;
  let api: Api;

  before(async () => {
    server = await TestServer.start();
    const guest = new Api(server.url);
    api = guest.as(await guest.register());
  });
  after(async () => {
    await server[Symbol.asyncDispose]();
  });

  test('a small file goes up in one PUT and comes back the same', async () => {
    const content = pseudoRandom('small', 12_345);
    const file = await upload(api, { name: 'small.bin', content });
    assert.equal(file.status, 'uploaded');
    assert.equal(file.version, 1);
    assert.equal(file.size, content.byteLength);
    assert.equal(file.role, 'owner');
    assert.equal(file.parentId, null);
    assert.equal(file.fingerprint, null, 'no chunks were given');
    assertSameBytes(await download(api, file.id), content);
  });

  test('a large file goes up in parts, in any order, and comes back the same', async () => {
    const content = pseudoRandom('large', 40 * MiB + 17);
    const created = await api.post('/files/presigned-url', {
      name: 'large.bin',
      size: content.byteLength,
      mimeType: 'video/mp4',
    });
    const { file, upload: plan } = expectStatus(created, 201);
    assert.equal(file.status, 'uploading');
    assert.equal(
      plan.parts.reduce((sum: number, part: Json) => sum + part.size, 0),
      content.byteLength,
    );
    for (const part of plan.parts.toReversed()) {
      assert.equal((await putPart(part, content)).status, 200);
    }
    const done = await api.post(`/files/${file.id}/complete`, {});
    assert.equal(expectStatus(done, 200).file.status, 'uploaded');

    const detail = expectStatus(await api.get(`/files/${file.id}`), 200);
    const ranged = await fetch(detail.downloadUrl, { headers: { range: 'bytes=8388600-8388620' } });
    assert.equal(ranged.status, 206);
    assertSameBytes(
      new Uint8Array(await ranged.arrayBuffer()),
      content.subarray(8_388_600, 8_388_621),
    );
    const whole = await fetch(detail.downloadUrl);
    assert.match(whole.headers.get('content-disposition') ?? '', /attachment.*large\.bin/);
    assert.equal(whole.headers.get('content-type'), 'video/mp4');
    // No other store can be asked to say it; there the disposition alone keeps it from being run.
    if (isEmbedded) assert.equal(whole.headers.get('x-content-type-options'), 'nosniff');
    assertSameBytes(new Uint8Array(await whole.arrayBuffer()), content);
  });

  test('an interrupted upload resumes by asking again; only missing parts are to send', async () => {
    const content = pseudoRandom('resumed', 30 * MiB);
    const request = { name: 'resumed.bin', size: content.byteLength, mimeType: 'a/b' };
    const first = expectStatus(await api.post('/files/presigned-url', request), 201);
    const sent = first.upload.parts.slice(0, 2);
    for (const part of sent) assert.equal((await putPart(part, content)).status, 200);

    const again = (await api.post('/files/presigned-url', request)).body;
    assert.equal(again.upload.id, first.upload.id);
    assert.deepEqual(
      again.upload.parts.map((part: Json) => part.status),
      ['uploaded', 'uploaded', 'not-started', 'not-started'],
    );
    assert.ok(again.upload.parts[0].etag);

    const stands = expectStatus(await api.get(`/files/${first.file.id}/upload`), 200);
    assert.equal(stands.upload.id, first.upload.id);

    const early = await api.post(`/files/${first.file.id}/complete`, {});
    assert.deepEqual(expectStatus(early, 409, 'parts-missing').missing, [3, 4]);

    await putParts(api, again.upload, content);
    expectStatus(await api.post(`/files/${first.file.id}/complete`, {}), 200);
    assertSameBytes(await download(api, first.file.id), content);
  });

  test('the empty file is there at once', async () => {
    const created = await api.post('/files/presigned-url', {
      name: 'empty',
      size: 0,
      mimeType: 'text/plain',
    });
    const { file, upload: none } = expectStatus(created, 200);
    assert.equal(none, null);
    assert.equal(file.status, 'uploaded');
    assert.equal(
      file.fingerprint,
      'v1:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    );
    assertSameBytes(await download(api, file.id), new Uint8Array(0));
  });

  test('256 small files in one batch call, verified together', async () => {
    const contents = Array.from({ length: 256 }, (_, n) => pseudoRandom(`batch ${n}`, 100 + n));
    const folder = expectStatus(
      await api.post('/folders', { name: 'batch', parentId: null }),
      201,
    ).file;
    const created = await api.post('/files/presigned-urls', {
      files: contents.map((content, n) => ({
        name: n === 7 ? 'not/allowed' : `file ${n}`,
        size: content.byteLength,
        mimeType: 'a/b',
        parentId: folder.id,
      })),
    });
    const { results } = expectStatus(created, 200);
    assert.equal(results.length, 256);
    assert.equal(results[7].error.code, 'invalid-name');
    const good = results
      .map((result: Json, n: number) => ({ ...result, content: contents[n] }))
      .filter((result: Json) => result.error === undefined);
    await Promise.all(good.map((result: Json) => putParts(api, result.upload, result.content)));
    const completed = await api.post('/files/complete', {
      uploads: good.map((result: Json) => ({
        fileId: result.file.id,
        uploadId: result.upload.id,
      })),
    });
    for (const result of expectStatus(completed, 200).results) {
      assert.equal(result.file.status, 'uploaded');
    }
    const urls = await api.post('/files/download-urls', {
      fileIds: good.slice(0, 3).map((result: Json) => result.file.id),
    });
    for (const [n, result] of expectStatus(urls, 200).results.entries()) {
      const bytes = await (await fetch(result.downloadUrl)).arrayBuffer();
      assertSameBytes(new Uint8Array(bytes), good[n].content);
    }
  });

  test('a new version leaves the old one whole until it is confirmed', async () => {
    const one = pseudoRandom('v1', 2000);
    const two = pseudoRandom('v2', 9 * MiB);
    const file = await upload(api, { name: 'versions', content: one });
    const created = expectStatus(
      await api.post('/files/presigned-url', {
        name: 'versions',
        size: two.byteLength,
        mimeType: 'a/b',
      }),
      201,
    );
    assert.equal(created.file.id, file.id);
    assert.equal(created.file.status, 'uploaded');
    assert.equal(created.file.version, 1);
    assertSameBytes(await download(api, file.id), one);
    await putParts(api, created.upload, two);
    const done = expectStatus(await api.post(`/files/${file.id}/complete`, {}), 200);
    assert.equal(done.file.version, 2);
    assertSameBytes(await download(api, file.id), two);
  });

  test('no file byte passed through the API', async () => {
    const pid = server.process.pid;
    const before = await readFile(`/proc/${pid}/io`, 'utf8');
    const content = pseudoRandom('bytes', 64 * MiB);
    const file = await upload(api, { name: 'bytes.bin', content });
    assertSameBytes(await download(api, file.id), content);
    const after = await readFile(`/proc/${pid}/io`, 'utf8');
    const moved = (text: string) => {
      const read = Number(/^rchar: (\d+)/m.exec(text)?.[1]);
      return read + Number(/^wchar: (\d+)/m.exec(text)?.[1]);
    };
    assert.ok(moved(after) - moved(before) < 2 * MiB, `${moved(after) - moved(before)} bytes`);
  });
});
