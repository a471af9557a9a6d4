import assert from 'node:assert/strict';
import { createServer, request as httpRequest, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { createStorage } from './create-storage.ts';
import { startTestStore, type TestStore } from './test-store.ts';

/** What a store of another make answers instead; undefined leaves the real answer. */
type Otherwise = (request: IncomingMessage) => number | undefined;

describe('what a store can do is found out', () => {
  let embedded: TestStore;
  before(async () => {
    embedded = await startTestStore();
  });
  after(() => embedded.close());

  /** Connects through a stand-in that is the embedded store but for `otherwise`. */
  async function abilitiesWith(otherwise: Otherwise, more: object = {}) {
    const { port } = new URL(embedded.settings.endpoint);
    const server = createServer((request, reply) => {
      const status = otherwise(request);
      if (status !== undefined) {
        request.resume();
        reply.writeHead(status).end('<Error><Code>InvalidRequest</Code></Error>');
        return;
      }
      const { method, headers, url: path } = request;
      const onward = httpRequest({ host: '127.0.0.1', port, method, path, headers }, (answer) => {
        reply.writeHead(answer.statusCode ?? 0, answer.headers);
        answer.pipe(reply);
      });
      request.pipe(onward);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      const storage = await createStorage({ ...embedded.settings, endpoint, ...more });
      storage.close();
      return storage.abilities;
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }
  const copyOf = (request: IncomingMessage) => String(request.headers['x-amz-copy-source'] ?? '');
  const isCompletion = ({ method, url = '' }: IncomingMessage) =>
    method === 'POST' && url.includes('uploadId=');

  test('ranges of large objects only, as AWS has it', async () => {
    const { composing } = await abilitiesWith((request) =>
      copyOf(request).endsWith('/small') ? 400 : undefined,
    );
    assert.deepEqual(composing, { minimumSource: 5 * 1024 * 1024 + 1, equalPartsOnly: false });
  });

  test('parts of one size only, as R2 has it', async () => {
    const { composing } = await abilitiesWith((request) =>
      isCompletion(request) ? 400 : undefined,
    );
    assert.deepEqual(composing, { minimumSource: 1, equalPartsOnly: true });
  });

  test('no composing at all', async () => {
    const { composing } = await abilitiesWith((request) => (copyOf(request) ? 501 : undefined));
    assert.equal(composing, null);
  });

  test('no pinning, or another one', async () => {
    const uploads = ({ method, url = '' }: IncomingMessage) =>
      method === 'PUT' && url.includes('/pinned/');
    const none = await abilitiesWith((request) => (uploads(request) ? 200 : undefined));
    assert.equal(none.pinning, 'none');
    const other = await abilitiesWith((request) =>
      uploads(request) && request.headers['x-amz-checksum-sha256'] ? 500 : undefined,
    );
    assert.equal(other.pinning, 'content-sha256');
  });

  test('stores that our promises cannot rest on are refused', async () => {
    const puts = ({ method, url = '' }: IncomingMessage) =>
      method === 'PUT' && url.includes('/small');
    await assert.rejects(
      abilitiesWith((request) => (puts(request) ? 200 : undefined)),
      /If-None-Match/,
    );
    await assert.rejects(
      abilitiesWith((request) => (puts(request) ? 403 : undefined)),
      /refuses presigned uploads/,
    );
    await assert.rejects(
      abilitiesWith((request) => (puts(request) ? 200 : undefined), { sse: 'AES256' }),
      /S3_SSE=AES256/,
    );
  });
});
