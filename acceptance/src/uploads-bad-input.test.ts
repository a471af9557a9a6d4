import assert from 'node:assert/strict';
import { createHash, randomUUID } from 'node:crypto';
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

const MiB = 1024 * 1024;

describe('uploads: bad input, bad luck', () => {
  let server: TestServer;
  let guest: Api;
  let api: Api;

  before(async () => {
    server = await TestServer.start();
    guest = new Api(server.url);
    api = guest.as(await guest.register());
  });
  after(async () => {
    await server[Symbol.asyncDispose]();
  });

  async function create(extra: Json): Promise<Json> {
    const answer = await api.post('/files/presigned-url', { mimeType: 'a/b', ...extra });
    return expectStatus(answer, 201);
  }

  test('names that nobody can hold are refused with the field', async () => {
    for (const name of [
      'a/b',
      '..',
      '.',
      'a\u0000b',
      'x'.repeat(256),
      '',
      'a\nb',
      '.valise',
      '\ud800',
    ]) {
      const answer = await api.post('/files/presigned-url', { name, size: 1, mimeType: 'a/b' });
      assert.ok([400, 422].includes(answer.status), `${JSON.stringify(name)}: ${answer.status}`);
      assert.equal(answer.body.field, 'name');
    }
  });

  test('malformed requests are 400 or 422 and never 5xx', async () => {
    const bodies = [
      {},
      { name: 'x' },
      { name: 'x', size: -1, mimeType: 'a/b' },
      { name: 'x', size: 1.5, mimeType: 'a/b' },
      { name: 'x', size: '1', mimeType: 'a/b' },
      { name: 'x', size: 2 ** 60, mimeType: 'a/b' },
      { name: 'x', size: 1, mimeType: 'a/b', parentId: 'nonsense' },
      { name: 'x', size: 1, mimeType: 'a/b', chunks: [['sha256:00', 1]] },
      { name: 'x', size: 1, mimeType: 'a/b', fingerprint: 'v1:00' },
      { name: 'x', size: 1, mimeType: 'a/b', modifiedAt: 'yesterday' },
      [],
      null,
      'text',
    ];
    for (const body of bodies) {
      const answer = await api.post('/files/presigned-url', body);
      assert.ok([400, 422].includes(answer.status), JSON.stringify([body, answer.body]));
    }
    const broken = await fetch(`${server.url}/files/presigned-url`, {
      method: 'POST',
      headers: { authorization: `Bearer ${api.token}`, 'content-type': 'application/json' },
      body: '{"name":',
    });
    assert.equal(broken.status, 400);
  });

  test('a size that lies never becomes a file', async () => {
    const content = pseudoRandom('liar', 1000);
    const { file, upload: plan } = await create({ name: 'liar', size: 1000 });
    for (const bytes of [content.subarray(0, 999), pseudoRandom('liar', 1001)]) {
      const response = await fetch(plan.parts[0].request.url, {
        method: 'PUT',
        headers: plan.parts[0].request.headers,
        body: Buffer.from(bytes),
      });
      assert.ok(response.status >= 400 && response.status < 500, `${response.status}`);
    }
    expectStatus(await api.post(`/files/${file.id}/complete`, {}), 409, 'parts-missing');
    await putParts(api, plan, content);
    expectStatus(await api.post(`/files/${file.id}/complete`, {}), 200);
  });

  test('an ETag that lies is a claim that stays unproven', async () => {
    const content = pseudoRandom('etag', 9 * MiB);
    const { file, upload: plan } = await create({ name: 'etag', size: content.byteLength });
    const claim = await api.call('PATCH', `/files/${file.id}/chunks`, {
      parts: [{ partNumber: 1, etag: '"d41d8cd98f00b204e9800998ecf8427e"' }],
    });
    assert.equal(expectStatus(claim, 200).parts[0].status, 'not-started');
    const response = await putPart(plan.parts[0], content);
    const etag = response.headers.get('etag');
    const wrong = await api.call('PATCH', `/files/${file.id}/chunks`, {
      parts: [{ partNumber: 1, etag: '"00000000000000000000000000000000"' }],
    });
    assert.equal(expectStatus(wrong, 200).parts[0].status, 'not-started');
    const honest = await api.call('PATCH', `/files/${file.id}/chunks`, {
      parts: [{ partNumber: 1, etag }],
    });
    assert.equal(expectStatus(honest, 200).parts[0].status, 'uploaded');
    expectStatus(await api.post(`/files/${file.id}/complete`, {}), 409, 'parts-missing');
  });

  test('parts sent twice count once', async () => {
    const content = pseudoRandom('twice', 12 * MiB);
    const { file, upload: plan } = await create({ name: 'twice', size: content.byteLength });
    await putParts(api, plan, content);
    await putParts(api, plan, content);
    expectStatus(await api.post(`/files/${file.id}/complete`, {}), 200);
    expectStatus(await api.post(`/files/${file.id}/complete`, { uploadId: plan.id }), 200);
    assertSameBytes(await download(api, file.id), content);
  });

  test('completing twice at once gives one version', async () => {
    const content = pseudoRandom('at once', 12 * MiB);
    const { file, upload: plan } = await create({ name: 'at once', size: content.byteLength });
    await putParts(api, plan, content);
    const answers = await Promise.all(
      Array.from({ length: 5 }, () =>
        api.post(`/files/${file.id}/complete`, { uploadId: plan.id }),
      ),
    );
    for (const answer of answers) assert.ok([200, 202].includes(answer.status));
    const final = await api.get(`/files/${file.id}`);
    assert.equal(final.body.file.version, 1);
  });

  test('two devices replacing one file at once: the last wins, nothing is lost', async () => {
    const base = await upload(api, { name: 'shared.txt', content: pseudoRandom('base', 500) });
    const contents = [pseudoRandom('device a', 600), pseudoRandom('device b', 700)];
    const plans = await Promise.all(
      contents.map((content) =>
        api
          .post('/files/presigned-url', {
            name: 'shared.txt',
            size: content.byteLength,
            mimeType: 'a/b',
            baseVersion: base.version,
          })
          .then((answer) => expectStatus(answer, 201)),
      ),
    );
    await Promise.all(
      plans.map((plan, n) => putParts(api, plan.upload, contents[n] as Uint8Array)),
    );
    const done = await Promise.all(
      plans.map((plan) => api.post(`/files/${base.id}/complete`, { uploadId: plan.upload.id })),
    );
    for (const answer of done) expectStatus(answer, 200);
    const children = expectStatus(await api.get('/folders/root/children?limit=1000'), 200).items;
    const copy = children.find((item: Json) => item.name.startsWith('shared (conflicted copy, '));
    assert.match(copy.name, /^shared \(conflicted copy, test, \d{4}-\d{2}-\d{2}\)\.txt$/);
    const kept = [await download(api, base.id), await download(api, copy.id)].map((bytes) =>
      createHash('sha256').update(bytes).digest('hex'),
    );
    assert.deepEqual(
      new Set(kept),
      new Set(contents.map((bytes) => createHash('sha256').update(bytes).digest('hex'))),
    );
  });

  test('a tampered or expired URL is refused by the store', async () => {
    const content = pseudoRandom('tamper', 100);
    const { file, upload: plan } = await create({ name: 'tamper', size: 100 });
    const { url, headers } = plan.parts[0].request;
    const put = (target: string) =>
      fetch(target, { method: 'PUT', headers, body: Buffer.from(content) });
    assert.equal(
      (
        await put(
          url.replace(/(?<=X-Amz-Signature=)./, (digit: string) => (digit === '0' ? '1' : '0')),
        )
      ).status,
      403,
    );
    assert.equal((await put(url.replace(/X-Amz-Expires=\d+/, 'X-Amz-Expires=999'))).status, 403);
    const path = new URL(url);
    path.pathname += 'x';
    assert.equal((await put(path.href)).status, 403);
    expectStatus(await api.post(`/files/${file.id}/complete`, {}), 409, 'parts-missing');
    const stored = await upload(api, { name: 'tamper 2', content });
    const detail = (await api.get(`/files/${stored.id}`)).body;
    const altered = detail.downloadUrl.replace(/X-Amz-Date=\d{4}/, 'X-Amz-Date=2020');
    assert.equal((await fetch(altered)).status, 403);
  });

  test('a URL used again after completion changes nothing', async () => {
    for (const size of [5000, 9 * MiB]) {
      const content = pseudoRandom(`again ${size}`, size);
      const { file, upload: plan } = await create({ name: `again ${size}`, size });
      await putParts(api, plan, content);
      expectStatus(await api.post(`/files/${file.id}/complete`, {}), 200);
      const other = pseudoRandom('other', size);
      const response = await putPart(plan.parts[0], other);
      assert.ok([404, 412].includes(response.status), `${response.status}`);
      assertSameBytes(await download(api, file.id), content);
    }
  });

  test('another person’s file does not exist', async () => {
    const mine = await upload(api, { name: 'private', content: pseudoRandom('private', 10) });
    const pending = await create({ name: 'pending', size: 10 });
    const stranger = guest.as(await guest.register('Bob'));
    for (const answer of [
      await stranger.get(`/files/${mine.id}`),
      await stranger.get(`/files/${pending.file.id}`),
      await stranger.get(`/files/${mine.id}/chunks`),
      await stranger.call('DELETE', `/files/${mine.id}`),
      await stranger.call('PATCH', `/files/${mine.id}`, { name: 'stolen' }),
      await stranger.post(`/files/${mine.id}/copy`, { parentId: null }),
      await stranger.post('/files/presigned-url', {
        name: 'x',
        size: 1,
        mimeType: 'a/b',
        parentId: mine.id,
      }),
      await stranger.get(`/files/${randomUUID()}`),
    ]) {
      expectStatus(answer, 404, 'file-not-found');
    }
    for (const answer of [
      await stranger.post(`/files/${pending.file.id}/complete`, { uploadId: pending.upload.id }),
      await stranger.call('DELETE', `/files/${pending.file.id}/upload`),
    ]) {
      assert.equal(answer.status, 404);
    }
    const urls = await stranger.post('/files/download-urls', { fileIds: [mine.id] });
    assert.equal(expectStatus(urls, 200).results[0].error.code, 'file-not-found');
  });

  test('a hash tells nobody whether a stranger has a file', async () => {
    const content = pseudoRandom('secret', 300);
    const chunk = `sha256:${createHash('sha256').update(content).digest('hex')}`;
    const fingerprint = `v1:${createHash('sha256')
      .update(Buffer.from(chunk.slice(7), 'hex'))
      .digest('hex')}`;
    const description = { name: 'secret', size: 300, fingerprint, chunks: [[chunk, 300]] };
    await upload(api, { content, ...description });
    const own = await api.post('/files/presigned-url', {
      ...description,
      name: 'secret again',
      mimeType: 'a/b',
    });
    assert.equal(expectStatus(own, 200).upload, null, 'own content is linked at once');
    const stranger = guest.as(await guest.register('Bob'));
    const other = await stranger.post('/files/presigned-url', { ...description, mimeType: 'a/b' });
    assert.equal(expectStatus(other, 201).upload.parts[0].status, 'not-started');
  });

  test('chunk lists that do not add up are refused', async () => {
    const id = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`;
    for (const body of [
      { size: 100, chunks: [[id('a'), 50]] },
      {
        size: 100,
        chunks: [
          [id('a'), 50],
          [id('b'), 51],
        ],
      },
      {
        size: 100,
        chunks: [
          [id('a'), 40],
          [id('a'), 60],
        ],
      },
      { size: 100, chunks: [[id('a'), 100]], fingerprint: `v1:${'0'.repeat(64)}` },
    ]) {
      const answer = await api.post('/files/presigned-url', {
        name: 'list',
        mimeType: 'a/b',
        ...body,
      });
      expectStatus(answer, 422, 'chunks-mismatch');
    }
  });

  test('a cancelled upload is gone', async () => {
    const { file, upload: plan } = await create({ name: 'cancelled', size: 9 * MiB });
    const content = pseudoRandom('cancelled', 9 * MiB);
    await putPart(plan.parts[0], content);
    assert.equal(
      (await api.call('DELETE', `/files/${file.id}/upload?uploadId=${plan.id}`)).status,
      204,
    );
    expectStatus(await api.post(`/files/${file.id}/complete`, { uploadId: plan.id }), 404);
    const late = await putPart(plan.parts[1], content);
    assert.ok(late.status >= 400, `${late.status}`);
  });

  test('a parent deleted in mid-upload comes back with exactly its ancestors', async () => {
    const outer = expectStatus(await api.post('/folders', { name: 'outer', parentId: null }), 201);
    const inner = expectStatus(
      await api.post('/folders', { name: 'inner', parentId: outer.file.id }),
      201,
    );
    await api.post('/folders', { name: 'sibling', parentId: outer.file.id });
    const { file, upload: plan } = await create({
      name: 'late',
      size: 10,
      parentId: inner.file.id,
    });
    assert.equal((await api.call('DELETE', `/files/${outer.file.id}`)).status, 204);
    await putParts(api, plan, pseudoRandom('late', 10));
    const done = await api.post(`/files/${file.id}/complete`, { uploadId: plan.id });
    assert.equal(expectStatus(done, 200).file.parentId, inner.file.id);
    const shown = expectStatus(await api.get(`/folders/${outer.file.id}/children`), 200).items;
    assert.deepEqual(
      shown.map((item: Json) => item.name),
      ['inner'],
    );
  });

  test('a parent moved in mid-upload takes the upload along', async () => {
    const from = expectStatus(await api.post('/folders', { name: 'from', parentId: null }), 201);
    const to = expectStatus(await api.post('/folders', { name: 'to', parentId: null }), 201);
    const { file, upload: plan } = await create({ name: 'f', size: 10, parentId: from.file.id });
    expectStatus(await api.call('PATCH', `/files/${from.file.id}`, { parentId: to.file.id }), 200);
    await putParts(api, plan, pseudoRandom('moved', 10));
    const done = await api.post(`/files/${file.id}/complete`, { uploadId: plan.id });
    assert.equal(expectStatus(done, 200).file.parentId, from.file.id);
  });

  test('an upload onto a folder’s name is refused', async () => {
    expectStatus(await api.post('/folders', { name: 'taken', parentId: null }), 201);
    const answer = await api.post('/files/presigned-url', {
      name: 'TAKEN',
      size: 1,
      mimeType: 'a/b',
    });
    expectStatus(answer, 409, 'name-taken');
  });

  test('NFC and NFD twins are one file, its next version', async () => {
    const one = await upload(api, { name: 'Caf\u00e9', content: pseudoRandom('nfc', 10) });
    const two = await upload(api, { name: 'Cafe\u0301', content: pseudoRandom('nfd', 10) });
    assert.equal(two.id, one.id);
    assert.equal(two.version, 2);
  });

  test('content pinned by its hash: the store refuses other bytes', async () => {
    const content = pseudoRandom('pinned', 1000);
    const hash = `sha256:${createHash('sha256').update(content).digest('hex')}`;
    const { file, upload: plan } = await create({
      name: 'pinned',
      size: 1000,
      pin: true,
      partHash: hash,
    });
    const wrong = await putPart(plan.parts[0], pseudoRandom('other', 1000));
    assert.ok(wrong.status >= 400 && wrong.status < 500, `${wrong.status}`);
    expectStatus(await api.post(`/files/${file.id}/complete`, {}), 409, 'parts-missing');
    assert.equal((await putPart(plan.parts[0], content)).status, 200);
    expectStatus(await api.post(`/files/${file.id}/complete`, {}), 200);
    const open = await create({ name: 'pinned later', size: 9 * MiB, pin: true });
    assert.equal(open.upload.parts[0].request, undefined);
  });

  test('the same client-made id and body give the same answer, also after the end', async () => {
    const id = uuidV7();
    const content = pseudoRandom('idempotent', 10);
    const body = { id, name: 'idempotent', size: 10, mimeType: 'a/b' };
    const one = expectStatus(await api.post('/files/presigned-url', body), 201);
    const two = (await api.post('/files/presigned-url', body)).body;
    assert.equal(one.file.id, id);
    assert.equal(two.upload.id, one.upload.id);
    await putParts(api, one.upload, content);
    expectStatus(await api.post(`/files/${id}/complete`, {}), 200);
    const late = await api.post('/files/presigned-url', body);
    assert.equal(late.body.file.id, id);
    assert.equal(late.body.file.version, 1);
    const other = await api.post('/files/presigned-url', { ...body, size: 11 });
    assert.ok([409, 201].includes(other.status));
  });
});

function uuidV7(): string {
  const hex = Date.now().toString(16).padStart(12, '0');
  const rest = randomUUID();
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7${rest.slice(15)}`;
}
