import assert from 'node:assert/strict';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { isAppError } from '@valise/core/errors';
import { circuitS3Caller } from './circuit-s3-caller.ts';
import { createHttpS3Caller } from './http-s3-caller.ts';
import { defaultRetryPolicy, retryingS3Caller } from './retrying-s3-caller.ts';
import type { S3Caller } from './s3-caller.ts';
import { createS3ObjectStore } from './s3-object-store.ts';
import type { StoreSettings } from './store-settings.ts';

/** A store that answers as the test says; what it is asked is counted. */
async function withStore(
  answer: RequestListener,
  use: (caller: S3Caller, settings: StoreSettings) => Promise<void>,
): Promise<void> {
  const server: Server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const settings: StoreSettings = {
    endpoint: `http://127.0.0.1:${port}`,
    region: 'r',
    bucket: 'b',
    accessKeyId: 'a',
    secretAccessKey: 's',
    forcePathStyle: true,
  };
  const http = createHttpS3Caller(settings, () => new Date());
  const caller = retryingS3Caller(http, { ...defaultRetryPolicy, random: () => 0 });
  try {
    await use(caller, settings);
  } finally {
    caller.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

const unavailable = (error: unknown) => isAppError(error, 'store-unavailable');

test('what is transient is repeated: 503, SlowDown, a connection cut off', async () => {
  const faults: RequestListener[] = [
    (_, reply) => reply.writeHead(503).end(),
    (_, reply) => reply.writeHead(400).end('<Error><Code>SlowDown</Code></Error>'),
    (request) => request.socket.destroy(),
    (_, reply) => reply.writeHead(200).end('<R><UploadId>u-1</UploadId></R>'),
  ];
  await withStore(
    (request, reply) => void faults.shift()?.(request, reply),
    async (caller, settings) => {
      const store = createS3ObjectStore(caller, settings);
      assert.equal(await store.createMultipart('k', { mimeType: 'a/b' }), 'u-1');
      assert.equal(faults.length, 0);
    },
  );
});

test('a store that stays away or keeps silent is told as such', async () => {
  let asked = 0;
  await withStore(
    (_, reply) => {
      asked++;
      reply.writeHead(500).end();
    },
    async (caller) => {
      await assert.rejects(caller.call({ method: 'GET', key: 'k' }), unavailable);
      assert.equal(asked, defaultRetryPolicy.attempts);
    },
  );
  await withStore(
    () => undefined,
    async (caller) => {
      const hung = caller.call({ method: 'GET', key: 'k', idleMilliseconds: 30 });
      await assert.rejects(hung, unavailable);
    },
  );
});

test('a store that cuts its answer off, or drags it out for ever, is told as such', async () => {
  const answers: RequestListener[] = [
    (request, reply) => {
      reply.writeHead(200, { 'content-length': '100' }).write('half');
      setImmediate(() => request.socket.destroy());
    },
    (_, reply) => {
      reply.writeHead(200);
      const dripping = setInterval(() => reply.write(' '), 5);
      reply.once('close', () => clearInterval(dripping));
    },
  ];
  for (const answer of answers) {
    await withStore(answer, async (caller) => {
      const call = caller.call({ method: 'GET', key: 'k', idleMilliseconds: 30 });
      await assert.rejects(call, unavailable);
    });
  }
});

test('a call given up ends at once, in mid-answer and while it waits for a connection', async () => {
  await withStore(
    (_, reply) => void reply.writeHead(200).write(' '),
    async (caller) => {
      const stop = new AbortController();
      const { signal } = stop;
      const calls = Array.from({ length: 70 }, () =>
        caller.call({ method: 'GET', key: 'k' }, { signal }),
      );
      const ends = Promise.allSettled(calls);
      setImmediate(() => stop.abort());
      for (const end of await ends) {
        assert.equal(end.status === 'rejected' && end.reason, signal.reason);
      }
      await assert.rejects(caller.call({ method: 'GET', key: 'k' }, { signal }));
    },
  );
});

test('behind a crowd that waits for a silent store nobody waits longer than the crowd', async () => {
  await withStore(
    () => undefined,
    async (caller) => {
      const stop = new AbortController();
      const ask = (idleMilliseconds: number) =>
        caller.call({ method: 'GET', key: 'k', idleMilliseconds }, { signal: stop.signal });
      const crowd = Array.from({ length: 64 }, () => ask(600_000).catch(() => undefined));
      await assert.rejects(ask(30), unavailable);
      stop.abort();
      await Promise.all(crowd);
    },
  );
});

test('a crowd does not multiply what an overloaded store is asked, and recovers with it', async () => {
  let asked = 0;
  let isAway = true;
  await withStore(
    (_, reply) => {
      asked++;
      reply.writeHead(isAway ? 503 : 200).end();
    },
    async (caller) => {
      const ask = () => caller.call({ method: 'GET', key: 'k' });
      const crowd = Array.from({ length: 200 }, () => assert.rejects(ask(), unavailable));
      await Promise.all(crowd);
      assert.ok(asked <= 300, `${asked} for 200 calls`);
      isAway = false;
      for (let n = 0; n < 20; n++) await ask();
      isAway = true;
      asked = 0;
      await assert.rejects(ask(), unavailable);
      assert.equal(asked, defaultRetryPolicy.attempts);
    },
  );
});

test('refusals are not repeated, and a full store is called full', async () => {
  let asked = 0;
  await withStore(
    (_, reply) => {
      asked++;
      reply.writeHead(asked === 1 ? 507 : 403).end('<Error><Code>AccessDenied</Code></Error>');
    },
    async (caller, settings) => {
      const store = createS3ObjectStore(caller, settings);
      const full = (error: unknown) => isAppError(error, 'storage-full');
      await assert.rejects(store.createMultipart('k', { mimeType: 'a/b' }), full);
      await assert.rejects(store.ping(), unavailable);
      assert.equal(asked, 2);
    },
  );
});

test('a completion that fails in a 200, or answers without an ETag, is settled by the object', async () => {
  const bodies = ['<Error><Code>InternalFailure</Code></Error>', '<X><ETag></ETag></X>'];
  await withStore(
    (request, reply) => {
      if (request.method === 'POST') reply.end(bodies.shift());
      else reply.writeHead(200, { etag: '"made-2"', 'content-length': '9' }).end();
    },
    async (caller, settings) => {
      const store = createS3ObjectStore(caller, settings);
      for (let n = 0; n < 2; n++) {
        const object = await store.completeMultipart('k', 'u', { parts: [], size: 9 });
        assert.deepEqual(object, { key: 'k', size: 9, etag: 'made-2' });
      }
    },
  );
});

test('an upload that the store has forgotten is settled by the object, even where that is a 500', async () => {
  await withStore(
    (request, reply) => {
      if (request.method === 'POST') reply.writeHead(500).end();
      else if (request.method === 'GET') reply.writeHead(404).end();
      else reply.writeHead(200, { etag: '"made-2"', 'content-length': '9' }).end();
    },
    async (caller, settings) => {
      const store = createS3ObjectStore(caller, settings);
      const object = await store.completeMultipart('k', 'u', { parts: [], size: 9 });
      assert.deepEqual(object, { key: 'k', size: 9, etag: 'made-2' });
    },
  );
});

test('a store that does not encrypt as it is told to is not used', async () => {
  const answered = ['AES256', 'aws:kms', undefined];
  await withStore(
    (_, reply) => {
      const sse = answered.shift();
      reply.writeHead(200, sse ? { 'x-amz-server-side-encryption': sse } : {});
      reply.end('<R><UploadId>u</UploadId></R>');
    },
    async (caller, settings) => {
      const store = createS3ObjectStore(caller, { ...settings, sse: 'AES256' });
      const create = () => store.createMultipart('k', { mimeType: 'a/b' });
      assert.equal(await create(), 'u');
      await assert.rejects(create(), /S3_SSE/);
      await assert.rejects(create(), /S3_SSE/);
    },
  );
});

test('long part lists and listings are read page by page', async () => {
  const page = (n: number, more: boolean) =>
    `<R><IsTruncated>${more}</IsTruncated><NextPartNumberMarker>${n}</NextPartNumberMarker>` +
    `<NextContinuationToken>${more ? 't&amp;t' : ''}</NextContinuationToken>` +
    `<Part><PartNumber>${n}</PartNumber><Size>5</Size><ETag>&quot;e${n}&quot;</ETag></Part>` +
    `<Contents><Key>k&amp;${n}</Key><Size>5</Size><ETag>"e"</ETag></Contents></R>`;
  const asked: URLSearchParams[] = [];
  await withStore(
    (request, reply) => {
      const { searchParams } = new URL(request.url ?? '', 'http://x');
      asked.push(searchParams);
      const isFirst =
        ['0', null].includes(searchParams.get('part-number-marker')) &&
        !searchParams.has('continuation-token');
      reply.end(isFirst ? page(1, true) : page(2, false));
    },
    async (caller, settings) => {
      const store = createS3ObjectStore(caller, settings);
      const parts = await store.listParts('k', 'u');
      assert.deepEqual(
        parts?.map((part) => part.etag),
        ['e1', 'e2'],
      );
      const objects = await store.list('k');
      assert.deepEqual(
        objects.map((object) => object.key),
        ['k&1', 'k&2'],
      );
      assert.equal(asked.at(-1)?.get('continuation-token'), 't&t');
    },
  );
});

test('before a dead store the circuit opens, and one call in two seconds finds it back', async () => {
  let now = 0;
  let asked = 0;
  let isAway = true;
  await withStore(
    (_, reply) => {
      asked++;
      reply.writeHead(isAway ? 503 : 200).end();
    },
    async (caller) => {
      const circuit = circuitS3Caller(caller, () => now);
      const ask = () => circuit.call({ method: 'GET', key: 'k' });
      for (let n = 0; n < 5; n++) await assert.rejects(ask(), unavailable);
      const before = asked;
      for (let n = 0; n < 20; n++) await assert.rejects(ask(), unavailable);
      assert.equal(asked, before);
      isAway = false;
      now += 2_001;
      assert.equal((await ask()).status, 200);
      assert.equal((await ask()).status, 200);
    },
  );
});
