import assert from 'node:assert/strict';
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { Api, assertSameBytes, download, expectStatus, putParts, upload } from './harness/api.ts';
import { pseudoRandom } from './harness/content.ts';
import { freePorts, TestServer } from './harness/server.ts';
import { skipUnlessEmbedded } from './harness/store.ts';

const MiB = 1024 * 1024;

describe('servers start, stop, die and share', () => {
  test('kill -9 of the server loses nothing; the next start adopts what still runs', async () => {
    await using server = await TestServer.start();
    const guest = new Api(server.url);
    const ann = await guest.register();
    const content = pseudoRandom('adopted', 20 * MiB);
    const file = await upload(guest.as(ann), { name: 'adopted', content });
    const pending = await guest.as(ann).post('/files/presigned-url', {
      name: 'pending',
      size: content.byteLength,
      mimeType: 'a/b',
    });
    await server.kill();
    await putParts(guest.as(ann), pending.body.upload, content);
    await using again = await server.restart();
    const api = new Api(again.url).as(ann);
    assertSameBytes(await download(api, file.id), content);
    expectStatus(await api.post(`/files/${pending.body.file.id}/complete`, {}), 200);
    assertSameBytes(await download(api, pending.body.file.id), content);
  });

  test('a clean stop ends everything, exit 0, and the data come back', async () => {
    const first = await TestServer.start();
    const guest = new Api(first.url);
    const ann = await guest.register();
    const content = pseudoRandom('kept', 5000);
    const file = await upload(guest.as(ann), { name: 'kept', content });
    assert.equal(await first.stop(), 0);
    await using again = await first.restart();
    assertSameBytes(await download(new Api(again.url).as(ann), file.id), content);
  });

  test('the store of one’s own ends with its last server', {
    skip: skipUnlessEmbedded,
  }, async () => {
    await using server = await TestServer.start();
    const guest = new Api(server.url);
    const api = guest.as(await guest.register());
    const file = await upload(api, { name: 'any', content: pseudoRandom('any', 500) });
    const store = new URL((await api.get(`/files/${file.id}`)).body.downloadUrl).origin;
    assert.equal((await fetch(store)).status, 403);
    assert.equal(await server.stop(), 0);
    await assert.rejects(fetch(store));
  });

  test('a second server on the same data folder shares database and store', async () => {
    await using one = await TestServer.start();
    const [port, ops] = await freePorts(2);
    const two = await TestServer.start({
      data: one.data,
      env: {
        VALISE_PORT: String(port),
        VALISE_OPS_PORT: String(ops),
        VALISE_OBJECTS_PORT: String(one.env.VALISE_OBJECTS_PORT),
      },
    });
    const ann = await new Api(one.url).register();
    const content = pseudoRandom('two servers', 9 * MiB);
    const a = new Api(one.url).as(ann);
    const b = new Api(two.url).as(ann);
    const created = expectStatus(
      await a.post('/files/presigned-url', { name: 'x', size: content.length, mimeType: 'a/b' }),
      201,
    );
    await putParts(b, created.upload, content);
    const both = await Promise.all(
      [a, b, a, b].map((api) => api.post(`/files/${created.file.id}/complete`, {})),
    );
    for (const answer of both) assert.ok([200, 202].includes(answer.status));
    assert.equal((await b.get(`/files/${created.file.id}`)).body.file.version, 1);
    assert.equal(await two.stop(), 0);
    assertSameBytes(await download(a, created.file.id), content);
  });

  test('a data folder goes on at another place, with other ports', {
    skip: skipUnlessEmbedded,
  }, async () => {
    const first = await TestServer.start();
    const guest = new Api(first.url);
    const ann = await guest.register();
    const content = pseudoRandom('moved', 9 * MiB);
    const file = await upload(guest.as(ann), { name: 'moved', content });
    assert.equal(await first.stop(), 0);
    const data = `${first.data}-moved`;
    await rename(first.data, data);
    await using second = await TestServer.start({ data });
    const api = new Api(second.url).as(ann);
    assertSameBytes(await download(api, file.id), content);
    await upload(api, { name: 'after', content: pseudoRandom('after', 10) });
  });

  test('a data folder that is not ours is refused and left alone', async () => {
    const data = await mkdtemp(join(tmpdir(), 'valise-foreign-'));
    await writeFile(join(data, 'thesis.txt'), 'mine');
    const [port, objects, ops] = await freePorts(3);
    const server = TestServer.launch(data, {
      VALISE_PORT: String(port),
      VALISE_OBJECTS_PORT: String(objects),
      VALISE_OPS_PORT: String(ops),
    });
    assert.equal(await server.exited, 1);
    assert.match(server.output, /VALISE_DATA/);
    assert.equal(await readFile(join(data, 'thesis.txt'), 'utf8'), 'mine');
    await rm(data, { recursive: true });
  });

  test('a port in use names the variable to change', async () => {
    const busy = createServer();
    await new Promise<void>((done) => busy.listen(0, '127.0.0.1', done));
    const address = busy.address();
    assert.ok(address !== null && typeof address === 'object');
    const data = await mkdtemp(join(tmpdir(), 'valise-busy-'));
    const [objects, ops] = await freePorts(2);
    const server = TestServer.launch(data, {
      VALISE_PORT: String(address.port),
      VALISE_OBJECTS_PORT: String(objects),
      VALISE_OPS_PORT: String(ops),
    });
    assert.equal(await server.exited, 1);
    assert.match(server.output, /VALISE_PORT/);
    busy.close();
    await rm(data, { recursive: true, force: true });
  });

  test('every configuration fault is listed at once', async () => {
    const data = await mkdtemp(join(tmpdir(), 'valise-config-'));
    const server = TestServer.launch(data, {
      VALISE_PORT: 'eighty',
      S3_ENDPOINT: 'http://127.0.0.1:9',
      VALISE_TLS_CERT: '/nowhere.pem',
    });
    assert.equal(await server.exited, 1);
    for (const name of ['VALISE_PORT', 'S3_BUCKET', 'VALISE_TLS_KEY']) {
      assert.match(server.output, new RegExp(name));
    }
    await rm(data, { recursive: true, force: true });
  });

  test('an upload whose client died after the last byte becomes a file by itself', async () => {
    await using server = await TestServer.start();
    const guest = new Api(server.url);
    const api = guest.as(await guest.register());
    const content = pseudoRandom('orphan', 3 * MiB);
    const created = expectStatus(
      await api.post('/files/presigned-url', { name: 'o', size: content.length, mimeType: 'a/b' }),
      201,
    );
    await putParts(api, created.upload, content);
    const deadline = Date.now() + 150_000;
    let status = 'uploading';
    while (status === 'uploading' && Date.now() < deadline) {
      await new Promise((done) => setTimeout(done, 1000));
      status = (await api.get(`/files/${created.file.id}`)).body.file.status;
    }
    assert.equal(status, 'uploaded');
  });
});
