import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import { afterEach, describe, test } from 'node:test';
import { isClientError, type Transport } from '@valise/client';
import { nodeTransport } from './node-transport.ts';

const cleanups: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function transport(): Transport {
  const made = nodeTransport();
  cleanups.push(() => made.close());
  return made;
}

async function listen(server: Server, stop: () => void = () => {}): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(async () => {
    stop();
    server.close();
    await once(server, 'close');
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  return listen(server, () => server.closeAllConnections());
}

describe('the Node transport', () => {
  test('sends a body with its length, reports it, and reads the answer', async () => {
    const url = await serve((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        response.setHeader('ETag', '"x"');
        response.end(`${request.headers['content-length']} ${Buffer.concat(parts).length}`);
      });
    });
    let sent = 0;
    const body = new Uint8Array(3_000_001);
    const answer = await transport().send({
      method: 'PUT',
      url,
      body,
      onUploadProgress: (bytes) => {
        sent += bytes;
      },
    });
    assert.equal(answer.status, 200);
    assert.equal(answer.header('etag'), '"x"');
    assert.equal(answer.header('x-none'), null);
    assert.equal(Buffer.from(await answer.bytes()).toString(), '3000001 3000001');
    assert.equal(sent, body.length);
  });

  test('uses a connection again', async () => {
    const sockets = new Set<unknown>();
    const url = await serve((request, response) => {
      sockets.add(request.socket);
      response.end('ok');
    });
    const network = transport();
    for (let turn = 0; turn < 5; turn++) await (await network.send({ method: 'GET', url })).bytes();
    assert.equal(sockets.size, 1);
  });

  test('an early refusal is an answer, though the body was not taken', async () => {
    const url = await serve((_, response) => {
      response.writeHead(403, { connection: 'close' });
      response.end('no');
    });
    const answer = await transport().send({ method: 'PUT', url, body: new Uint8Array(1_000) });
    assert.equal(answer.status, 403);
    assert.equal(Buffer.from(await answer.bytes()).toString(), 'no');
  });

  test('nobody there: unreachable', async () => {
    const url = await serve(() => {});
    await cleanups.pop()?.();
    await assert.rejects(transport().send({ method: 'GET', url }), (error) =>
      isClientError(error, 'unreachable'),
    );
  });

  test('a server that takes nothing and says nothing: stalled', async () => {
    const held = new Set<{ destroy(): void }>();
    const server = createTcpServer({ pauseOnConnect: true }, (socket) => held.add(socket));
    const url = await listen(server, () => {
      for (const socket of held) socket.destroy();
    });
    const body = new Uint8Array(64 * 1_048_576);
    await assert.rejects(
      transport().send({ method: 'PUT', url, body, idleTimeoutMs: 100 }),
      (error) => isClientError(error, 'stalled'),
    );
  });

  test('a body that stops coming: stalled', async () => {
    const url = await serve((_, response) => {
      response.writeHead(200, { 'content-length': 10 });
      response.write('half');
    });
    const answer = await transport().send({ method: 'GET', url, idleTimeoutMs: 100 });
    await assert.rejects(answer.bytes(), (error) => isClientError(error, 'stalled'));
  });

  test('a body cut short: unreachable', async () => {
    const url = await serve((_, response) => {
      response.writeHead(200, { 'content-length': 10 });
      response.write('half', () => response.destroy());
    });
    const answer = await transport().send({ method: 'GET', url });
    await assert.rejects(answer.bytes(), (error) => isClientError(error, 'unreachable'));
  });

  test('an abort rejects with its reason, before and after the answer began', async () => {
    const url = await serve((_, response) => {
      response.writeHead(200, { 'content-length': 10 });
      response.write('half');
    });
    const network = transport();
    const stop = new AbortController();
    const answer = await network.send({ method: 'GET', url, signal: stop.signal });
    stop.abort(new Error('enough'));
    await assert.rejects(answer.bytes(), /enough/);
    await assert.rejects(network.send({ method: 'GET', url, signal: stop.signal }), /enough/);
  });
});

describe('a GET into given memory', () => {
  const content = Buffer.alloc(3_000_000);
  for (let at = 0; at < content.length; at++) content[at] = at % 251;

  async function get(network: Transport, url: string, into = new Uint8Array(content.length)) {
    const answer = await network.send({ method: 'GET', url, into, headers: { 'x-a': 'b' } });
    return { answer, into, bytes: await answer.bytes() };
  }

  test('lands there, piece by piece, over one connection', async () => {
    const sockets = new Set<unknown>();
    const url = await serve((request, response) => {
      sockets.add(request.socket);
      response.writeHead(206, {
        'content-length': content.length,
        'X-Seen': request.headers['x-a'],
      });
      response.end(content);
    });
    const network = transport();
    for (let turn = 0; turn < 3; turn++) {
      const into = new Uint8Array(new SharedArrayBuffer(content.length + 10));
      const answer = await network.send({ method: 'GET', url, into, headers: { 'x-a': 'b' } });
      assert.equal(answer.status, 206);
      assert.equal(answer.header('x-seen'), 'b');
      let at = 0;
      for await (const piece of answer.body) {
        assert.equal(piece.buffer, into.buffer);
        assert.equal(piece.byteOffset, at);
        at += piece.length;
      }
      assert.equal(at, content.length);
      assert.equal(Buffer.compare(into.subarray(0, at), content), 0);
    }
    assert.equal(sockets.size, 1);
  });

  test('an empty body is whole', async () => {
    const url = await serve((_, response) =>
      response.writeHead(200, { 'content-length': 0 }).end(),
    );
    assert.equal((await get(transport(), url)).bytes.length, 0);
  });

  test('a refusal is an answer that leaves the memory alone', async () => {
    const url = await serve((_, response) => {
      response.writeHead(403, { 'content-length': 2 });
      response.end('no');
    });
    const { answer, bytes, into } = await get(transport(), url);
    assert.equal(answer.status, 403);
    assert.equal(Buffer.from(bytes).toString(), 'no');
    assert.equal(into[0], 0);
  });

  test('other forms of answers are read, too: chunked, larger than the memory', async () => {
    const chunked = await serve((_, response) => {
      response.write('one ');
      response.end('two');
    });
    const { bytes } = await get(transport(), chunked);
    assert.equal(Buffer.from(bytes).toString(), 'one two');
    const large = await serve((_, response) => {
      response.writeHead(200, { 'content-length': content.length });
      response.end(content);
    });
    const whole = await get(transport(), large, new Uint8Array(10));
    assert.equal(Buffer.compare(whole.bytes, content), 0);
  });

  test('a kept connection that was closed meanwhile is replaced', async () => {
    const url = await serve((request, response) => {
      response.writeHead(200, { 'content-length': 2 });
      response.end('ok');
      // Closed only once the next request has come: it can't be answered.
      request.socket.once('data', () => request.socket.resetAndDestroy());
    });
    const network = transport();
    for (let turn = 0; turn < 3; turn++) {
      assert.equal(Buffer.from((await get(network, url)).bytes).toString(), 'ok');
    }
  });

  test('a body cut short, nobody there: unreachable', async () => {
    const url = await serve((_, response) => {
      response.writeHead(200, { 'content-length': 10 });
      response.write('half', () => response.destroy());
    });
    const network = transport();
    await assert.rejects(get(network, url), (error) => isClientError(error, 'unreachable'));
    await cleanups.splice(0, 1)[0]?.();
    await assert.rejects(get(network, url), (error) => isClientError(error, 'unreachable'));
  });

  test('a body that stops coming: stalled', async () => {
    const url = await serve((_, response) => {
      response.writeHead(200, { 'content-length': 10 });
      response.write('half');
    });
    const into = new Uint8Array(10);
    const answer = await transport().send({ method: 'GET', url, into, idleTimeoutMs: 100 });
    await assert.rejects(answer.bytes(), (error) => isClientError(error, 'stalled'));
  });

  test('an abort rejects with its reason, before and after the answer began', async () => {
    const url = await serve((_, response) => {
      response.writeHead(200, { 'content-length': 10 });
      response.write('half');
    });
    const network = transport();
    const stop = new AbortController();
    const request = { method: 'GET', url, into: new Uint8Array(10), signal: stop.signal } as const;
    const answer = await network.send(request);
    stop.abort(new Error('enough'));
    await assert.rejects(answer.bytes(), /enough/);
    await assert.rejects(network.send(request), /enough/);
  });

  test('whoever stops reading frees the connection', async () => {
    let closed: Promise<unknown> = Promise.resolve();
    const url = await serve((request, response) => {
      closed = once(request.socket, 'close');
      response.writeHead(200, { 'content-length': 10 });
      response.write('half');
    });
    const answer = await transport().send({ method: 'GET', url, into: new Uint8Array(10) });
    for await (const piece of answer.body) {
      assert.equal(piece.length, 4);
      break;
    }
    await closed;
  });
});
