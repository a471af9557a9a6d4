import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import type { Transport } from '@valise/client';
import { ByteRate } from './byte-rate.ts';
import { nodeTransport } from './node-transport.ts';

const RATE = 400_000;
const SIZE = 100_000;
/** All but the last piece have to be waited for; one from a socket has up to 64 KiB. */
const LEAST_MS = ((SIZE - 65_536) * 1_000) / RATE - 2;

describe('a limit of bytes a second', () => {
  const bytes = Buffer.alloc(SIZE, 'x');
  const server = createServer(async (request, response) => {
    const body = await buffer(request);
    response.end(request.method === 'GET' ? bytes : `${body.length}`);
  });
  let url = '';
  let transport: Transport;

  before(async () => {
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    transport = nodeTransport({ up: new ByteRate(RATE), down: new ByteRate(RATE) });
  });
  after(async () => {
    await transport.close();
    server.close();
  });
  const timed = async (work: () => Promise<void>) => {
    const begun = performance.now();
    await work();
    return performance.now() - begun;
  };

  test('a large body goes out slice by slice, and arrives whole', async () => {
    let told = 0;
    const taken = await timed(async () => {
      const answer = await transport.send({
        method: 'PUT',
        url,
        body: bytes,
        onUploadProgress: (count) => {
          told += count;
        },
      });
      assert.equal(Buffer.from(await answer.bytes()).toString(), `${SIZE}`);
    });
    assert.ok(taken >= LEAST_MS, `${taken} ms`);
    assert.equal(told, SIZE);
  });

  test('small bodies share the same limit', async () => {
    const taken = await timed(async () => {
      const body = bytes.subarray(0, SIZE / 10);
      const put = () => transport.send({ method: 'PUT', url, body });
      const answers = await Promise.all(Array.from({ length: 11 }, put));
      for (const answer of answers) {
        assert.equal(Buffer.from(await answer.bytes()).toString(), `${SIZE / 10}`);
      }
    });
    assert.ok(taken >= LEAST_MS, `${taken} ms`);
  });

  test('an answer is taken no quicker, into given memory or not', async () => {
    for (const into of [undefined, new Uint8Array(SIZE)]) {
      const taken = await timed(async () => {
        const answer = await transport.send({ method: 'GET', url, ...(into && { into }) });
        const pieces: Uint8Array[] = [];
        for await (const piece of answer.body) pieces.push(Uint8Array.from(piece));
        assert.equal(Buffer.compare(Buffer.concat(pieces), bytes), 0);
      });
      assert.ok(taken >= LEAST_MS, `${taken} ms`);
    }
  });
});
