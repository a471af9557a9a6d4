import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Api, assertSameBytes, download, expectStatus, type Json, putPart } from './harness/api.ts';
import { pseudoRandom } from './harness/content.ts';
import { TestServer } from './harness/server.ts';
import { skipUnlessEmbedded } from './harness/store.ts';

const content = pseudoRandom('told by the store', 100_000);

async function someone(server: TestServer): Promise<Api> {
  const guest = new Api(server.url);
  return guest.as(await guest.register());
}

/** The sweeper comes by a minute after the beginning, so what is earlier came of an event. */
const BEFORE_SWEEPER_MS = 30_000;

async function untilUploaded(api: Api, id: string): Promise<void> {
  const deadline = Date.now() + BEFORE_SWEEPER_MS;
  while (expectStatus(await api.get(`/files/${id}`), 200).file.status !== 'uploaded') {
    assert.ok(Date.now() < deadline, 'no event made a file of it');
    await sleep(100);
  }
}

async function beginOne(api: Api, name: string): Promise<Json> {
  const body = { name, size: content.byteLength, mimeType: 'application/octet-stream' };
  return expectStatus(await api.post('/files/presigned-url', body), 201);
}

describe('a client dies after its last byte', { skip: skipUnlessEmbedded }, () => {
  test('by the store’s word its file is there', async () => {
    await using server = await TestServer.start();
    const api = await someone(server);
    const { file, upload } = await beginOne(api, 'orphan.bin');
    assert.equal((await putPart(upload.parts[0], content)).status, 200);
    await untilUploaded(api, file.id);
    assertSameBytes(await download(api, file.id), content);
  });

  test('when the server was dead, too, as soon as it is back', async () => {
    await using server = await TestServer.start();
    const api = await someone(server);
    const { file, upload } = await beginOne(api, 'both.bin');
    await server.kill();
    assert.equal((await putPart(upload.parts[0], content)).status, 200);
    await using _again = await server.restart();
    await untilUploaded(api, file.id);
    assertSameBytes(await download(api, file.id), content);
  });
});

test('strangers and nonsense are refused', async () => {
  await using server = await TestServer.start({ env: { VALISE_EVENTS_SECRET: 'of the store' } });
  const post = (body: string, headers: Record<string, string>, query = '') =>
    fetch(`${server.url}/events/s3${query}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    });
  const empty = JSON.stringify({ Records: [] });
  assert.equal((await post(empty, {})).status, 401);
  assert.equal((await post(empty, { authorization: 'Bearer of the stor' })).status, 401);
  assert.equal((await post(empty, {}, '?token=of%20the%20store')).status, 200);
  const headers = { authorization: 'Bearer of the store' };
  assert.equal((await post(empty, headers)).status, 200);
  assert.equal((await post('{"Records":', headers)).status, 400);
  assert.equal((await post('{"Records":1}', headers)).status, 422);
  const foreign = {
    eventSource: 'aws:s3',
    eventName: 'ObjectCreated:Put',
    s3: { bucket: { name: 'elsewhere' }, object: { key: 'x' } },
  };
  const answer = await post(JSON.stringify({ Records: [foreign] }), headers);
  assert.deepEqual(((await answer.json()) as Json).ignored.foreignBucket, 1);
});
