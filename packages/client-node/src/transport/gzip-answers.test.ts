import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { isClientError, type Transport } from '@valise/client';
import { nodeTransport } from './node-transport.ts';

const text = Buffer.from('a line like many others\n'.repeat(40_000));
/** So large that it comes in many pieces. */
const stored = gzipSync(Buffer.concat([text, randomBytes(500_000)]));

describe('answers that may come compressed', () => {
  let server: Server;
  let transport: Transport;
  afterEach(async () => {
    await transport.close();
    server.closeAllConnections();
    server.close();
  });

  async function get(listener: RequestListener, decode = true) {
    server = createServer(listener).listen(0, '127.0.0.1');
    await once(server, 'listening');
    transport = nodeTransport();
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    return transport.send({ method: 'GET', url, decode });
  }

  test('are asked for and given decoded, or as they come', async () => {
    const asked: unknown[] = [];
    const serve: RequestListener = (request, response) => {
      asked.push(request.headers['accept-encoding']);
      response.setHeader('Content-Encoding', 'gzip');
      response.end(gzipSync(text));
    };
    const answer = await get(serve);
    assert.equal(answer.header('content-encoding'), 'gzip');
    assert.ok(Buffer.from(await answer.bytes()).equals(text));
    assert.deepEqual(asked, ['gzip']);
    const plain = await transport.send({
      method: 'GET',
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    });
    assert.ok(Buffer.from(await plain.bytes()).equals(gzipSync(text)));
    assert.deepEqual(asked, ['gzip', undefined]);
  });

  test('are as they are where nobody compressed them', async () => {
    const answer = await get((_request, response) => void response.end(text));
    assert.ok(Buffer.from(await answer.bytes()).equals(text));
  });

  for (const [what, body] of [
    ['are cut short', gzipSync(text).subarray(0, 1_000)],
    ['are something else', Buffer.from('<html>no gzip</html>')],
    ['were changed', Buffer.from(stored).fill(7, 2_000, 3_000)],
  ] as const) {
    test(`that ${what} are corrupt`, async () => {
      const answer = await get((_request, response) => {
        response.setHeader('Content-Encoding', 'gzip');
        response.end(body);
      });
      await assert.rejects(answer.bytes(), (error) => isClientError(error, 'content-corrupt'));
    });
  }

  test('that break off are a broken connection', async () => {
    const answer = await get((_request, response) => {
      response.setHeader('Content-Encoding', 'gzip');
      response.setHeader('Content-Length', stored.length);
      response.write(stored.subarray(0, 100_000), () => response.destroy());
    });
    await assert.rejects(answer.bytes(), (error) => isClientError(error, 'unreachable'));
  });

  test('end when nobody reads on, however much would come out of them', async () => {
    const closed = Promise.withResolvers<void>();
    const answer = await get((_request, response) => {
      response.setHeader('Content-Encoding', 'gzip');
      response.once('close', () => closed.resolve());
      response.write(gzipSync(Buffer.alloc(64 * 1_048_576)));
    });
    let most = 0;
    for await (const piece of answer.body) {
      most = Math.max(most, piece.length);
      break;
    }
    assert.ok(most <= 65_536);
    await closed.promise;
  });
});
