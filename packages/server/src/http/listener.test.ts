import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { request as httpsRequest } from 'node:https';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { promisify } from 'node:util';
import { listenerFactory } from './listener.ts';
import { createTestApp } from './test-app.ts';

const NO_OPTIONS = {};

/** What comes back until the server hangs up. */
async function talk(port: number, text: string): Promise<string> {
  const socket = net.connect(port, '127.0.0.1');
  const received: Buffer[] = [];
  socket.on('data', (data) => received.push(data));
  socket.write(text);
  await once(socket, 'close');
  return Buffer.concat(received).toString();
}

const connectionsOf = (server: net.Server) => promisify(server.getConnections.bind(server))();

describe('the listener', () => {
  test('what is not HTTP is told so and hung up on', async () => {
    const t = await createTestApp();
    const port = await t.listen();
    assert.match(await talk(port, 'GARBAGE\r\n\r\n'), /^HTTP\/1.1 400[\s\S]*malformed-request/);
    const huge = `GET / HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(40_000)}\r\n\r\n`;
    assert.match(await talk(port, huge), /^HTTP\/1.1 400[\s\S]*malformed-request/);
    await t.close();
  });

  test('headers that come drop by drop end in time', async () => {
    const timeouts = { headersTimeout: 50, requestTimeout: 100, connectionsCheckingInterval: 20 };
    const listen = listenerFactory(null, { ...timeouts, keepAliveTimeout: 1000 });
    const server = listen((_request, response) => response.end(), NO_OPTIONS);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    assert.ok(address !== null && typeof address === 'object');
    assert.match(await talk(address.port, 'GET / HTTP/1.1\r\nhost: x\r\nx: '), /408/);
    const slowBody = 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n1';
    assert.notEqual(await talk(address.port, slowBody), '');
    server.close();
  });

  test('TLS with a certificate of one’s own, and then HSTS', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'valise-tls-'));
    const [keyPath, certPath] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
    const files = ['-keyout', keyPath, '-out', certPath, '-subj', '/CN=localhost'];
    await promisify(execFile)('openssl', ['req', '-x509', '-nodes', ...curve, ...files]);
    const config = { tls: { certPath, keyPath }, url: 'https://localhost' };
    const t = await createTestApp({ config });
    const port = await t.listen();
    const request = httpsRequest({
      port,
      path: '/healthz',
      rejectUnauthorized: false,
      agent: false,
    });
    request.end();
    const [answer] = await once(request, 'response');
    answer.resume();
    assert.equal(answer.statusCode, 200);
    assert.match(answer.headers['strict-transport-security'], /^max-age=\d{8}/);
    await t.close();
    await rm(folder, { recursive: true });
  });

  test('closing lets a running request finish and tells new ones to go elsewhere', {
    timeout: 30_000,
  }, async () => {
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    let arrived = () => {};
    const running = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const t = await createTestApp({
      features: [
        (app) => {
          app.get('/slow', { config: { access: 'public' } }, async () => {
            arrived();
            await released;
            return { done: true };
          });
        },
      ],
    });
    const port = await t.listen();
    const answer = fetch(`http://127.0.0.1:${port}/slow`);
    await running;
    const late = net.connect(port, '127.0.0.1');
    late.write('GET /healthz HTTP/1.1\r\nhost: x\r\n');
    await once(late, 'connect');
    while ((await connectionsOf(t.app.server)) < 2) await setImmediate();
    const closed = t.close();
    late.write('\r\n');
    const [told] = await once(late, 'data');
    assert.match(told.toString(), /^HTTP\/1.1 503[\s\S]*connection: close[\s\S]*shutting-down/);
    release();
    assert.deepEqual(await (await answer).json(), { done: true });
    await closed;
    await assert.rejects(fetch(`http://127.0.0.1:${port}/healthz`));
  });
});
