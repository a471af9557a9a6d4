import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createStorage } from '../storage/create-storage.ts';
import { createEmbeddedObjects } from './embedded-objects.ts';

test('the store that comes with the server tells a webhook what happens to objects', async () => {
  const heard = Promise.withResolvers<{ token: string | undefined; body: string }>();
  const hook = createServer(async (request, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    response.end();
    const body = Buffer.concat(pieces).toString();
    if (body.includes('ObjectCreated')) {
      heard.resolve({ token: request.headers.authorization, body });
    }
  });
  await new Promise<void>((resolve) => hook.listen(0, '127.0.0.1', resolve));
  const { port } = hook.address() as AddressInfo;
  const data = await mkdtemp(join(tmpdir(), 'valise-events-'));
  const events = { url: `http://127.0.0.1:${port}/events`, secret: 'the-token' };
  const embedded = createEmbeddedObjects({
    data,
    host: '127.0.0.1',
    url: 'http://127.0.0.1:1',
    tls: null,
    objects: { port: 0, url: null, events },
  });
  try {
    const settings = await embedded.ensure();
    const storage = await createStorage(settings);
    await storage.store.createEmpty('v1/abc/told');
    storage.close();
    const { token, body } = await heard.promise;
    assert.equal(token, 'Bearer the-token');
    const [{ eventName, s3 }] = JSON.parse(body).Records;
    assert.deepEqual([eventName, s3.bucket.name], ['ObjectCreated:Put', settings.bucket]);
  } finally {
    await embedded.stop();
    hook.close();
    hook.closeAllConnections();
    await rm(data, { recursive: true });
  }
});
