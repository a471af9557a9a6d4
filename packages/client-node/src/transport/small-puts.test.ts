import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, test } from 'node:test';
import { isClientError, type Transport } from '@valise/client';
import { nodeTransport } from './node-transport.ts';

const cleanups: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface Seen {
  readonly rawHeaders: readonly string[];
  readonly body: string;
  readonly port: number | undefined;
}

type Answer = (seen: Seen, response: ServerResponse) => void;

async function serve(answer: Answer): Promise<{ transport: Transport; url: string }> {
  const server = createServer((request, response) => {
    void read(request).then((seen) => answer(seen, response));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const transport = nodeTransport();
  cleanups.push(async () => {
    await transport.close();
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  return { transport, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/a?b=c` };
}

async function read(request: IncomingMessage): Promise<Seen> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part);
  const body = Buffer.concat(parts).toString('latin1');
  return { rawHeaders: request.rawHeaders, body, port: request.socket.remotePort };
}

function names({ rawHeaders }: Seen): string[] {
  return rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
}

describe('small PUTs', () => {
  test('use one connection again and again, and report their bytes', async () => {
    const seen: Seen[] = [];
    const { transport, url } = await serve((request, response) => {
      seen.push(request);
      response.setHeader('etag', '"e"').setHeader('content-length', 0).end();
    });
    let sent = 0;
    for (const text of ['one', '', 'three']) {
      const body = Buffer.from(text);
      const onUploadProgress = (bytes: number) => {
        sent += bytes;
      };
      const answer = await transport.send({ method: 'PUT', url, body, onUploadProgress });
      assert.equal(answer.header('etag'), '"e"');
      assert.equal((await answer.bytes()).length, 0);
    }
    assert.deepEqual(
      seen.map(({ body }) => body),
      ['one', '', 'three'],
    );
    assert.equal(new Set(seen.map(({ port }) => port)).size, 1);
    assert.equal(sent, 8);
  });

  test('carry a host and a length only once, whatever was given', async () => {
    const { transport, url } = await serve((request, response) =>
      response.end(`${names(request)}`),
    );
    const headers = { Host: 'elsewhere.example', 'Content-Length': '99', 'x-a': 'b' };
    const answer = await transport.send({ method: 'PUT', url, headers, body: Buffer.from('x') });
    assert.equal(Buffer.from(await answer.bytes()).toString(), 'host,x-a,content-length');
  });

  test('refuse headers that would smuggle another request', async () => {
    const { transport, url } = await serve((_, response) => response.end());
    for (const headers of [{ 'x-a': 'b\r\nx: y' }, { 'x-a: b\r\nx': 'y' }]) {
      await assert.rejects(transport.send({ method: 'PUT', url, headers, body: Buffer.from('x') }));
    }
  });

  test('hand a refusal over with its text', async () => {
    const { transport, url } = await serve((_, response) => {
      response.writeHead(403).end('<Code>AccessDenied</Code>');
    });
    const answer = await transport.send({ method: 'PUT', url, body: Buffer.from('x') });
    assert.equal(answer.status, 403);
    assert.equal(Buffer.from(await answer.bytes()).toString(), '<Code>AccessDenied</Code>');
  });

  test('are repeated by a complete client where the answer needs one', async () => {
    const { transport, url } = await serve((_, response) => {
      response.write('in ');
      response.end('chunks');
    });
    const answer = await transport.send({ method: 'PUT', url, body: Buffer.from('x') });
    assert.equal(Buffer.from(await answer.bytes()).toString(), 'in chunks');
  });

  test('go on over a new connection when the kept one was closed meanwhile', async () => {
    const ports = new Set<number | undefined>();
    const { transport, url } = await serve(({ port }, response) => {
      // The answer promises to keep the connection; the promise is broken by the next request.
      if (ports.has(port)) response.socket?.resetAndDestroy();
      else response.end('ok');
      ports.add(port);
    });
    for (let n = 0; n < 3; n++) {
      const answer = await transport.send({ method: 'PUT', url, body: Buffer.from('x') });
      assert.equal(answer.status, 200);
      await answer.bytes();
    }
    assert.ok(ports.size >= 2);
  });

  test('end with the reason of an abort, or as stalled', async () => {
    const { transport, url } = await serve(() => {});
    const body = Buffer.from('x');
    const control = new AbortController();
    const reason = new Error('enough');
    const aborted = transport.send({ method: 'PUT', url, body, signal: control.signal });
    control.abort(reason);
    await assert.rejects(aborted, (error) => error === reason);
    const stalled = transport.send({ method: 'PUT', url, body, idleTimeoutMs: 50 });
    await assert.rejects(stalled, (error) => isClientError(error, 'stalled'));
  });
});
