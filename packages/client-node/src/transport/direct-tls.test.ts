import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import tls from 'node:tls';
import { isClientError } from '@valise/client';
import { nodeTransport } from './node-transport.ts';

test('over TLS, too, a GET lands in the given memory, from trusted servers only', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'valise-tls-'));
  t.after(() => rm(folder, { recursive: true }));
  const keyPath = join(folder, 'key.pem');
  const certPath = join(folder, 'cert.pem');
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  const files = ['-keyout', keyPath, '-out', certPath];
  const kind = [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-days',
    '1',
  ];
  execFileSync('openssl', ['req', '-x509', ...kind, ...subject, ...files], { stdio: 'ignore' });
  const cert = await readFile(certPath, 'utf8');
  const content = Buffer.alloc(1_000_000, 7);
  const server = createServer({ cert, key: await readFile(keyPath) }, (_, response) => {
    response.writeHead(200, { 'content-length': content.length });
    response.end(content);
  });
  server.listen(0, 'localhost');
  await once(server, 'listening');
  const network = nodeTransport();
  t.after(async () => {
    await network.close();
    server.close();
    await once(server, 'close');
  });
  const url = `https://localhost:${(server.address() as AddressInfo).port}/`;
  const into = new Uint8Array(content.length);

  await assert.rejects(network.send({ method: 'GET', url, into }), (error) =>
    isClientError(error, 'unreachable'),
  );
  tls.setDefaultCACertificates([cert]);
  for (let turn = 0; turn < 2; turn++) {
    const answer = await network.send({ method: 'GET', url, into: into.fill(0) });
    const bytes = await answer.bytes();
    assert.equal(bytes.buffer, into.buffer);
    assert.equal(Buffer.compare(into, content), 0);
  }
});
