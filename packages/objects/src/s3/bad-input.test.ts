import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { rawRequest } from '../raw-request.ts';
import { clientOf, startTestStore, type TestStore } from '../test-store.ts';

const Bucket = 'valise';
let store: TestStore;
before(async () => {
  store = await startTestStore();
});
after(() => store.close());

const put = (Key: string, Body: string | Buffer) =>
  store.client.send(new PutObjectCommand({ Bucket, Key, Body }));

async function read(Key: string): Promise<Buffer> {
  const { Body } = await store.client.send(new GetObjectCommand({ Bucket, Key }));
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
}

async function keys(): Promise<readonly (string | undefined)[]> {
  const { Contents = [] } = await store.client.send(new ListObjectsV2Command({ Bucket }));
  return Contents.map(({ Key }) => Key);
}

const begin = async (Key: string): Promise<string> => {
  const { UploadId } = await store.client.send(new CreateMultipartUploadCommand({ Bucket, Key }));
  return UploadId ?? '';
};

describe('bad input', () => {
  for (const [key, name] of [
    ['../../etc/passwd', 'dots'],
    ['a/./b//c/', 'empty segments'],
    ['a%2Fb', 'an encoded slash of its own'],
    ['line\nfeed\ttab', 'control characters'],
    ['\u{1f600}/ü/\u202e', 'all of Unicode'],
    ['x'.repeat(1024), '1,024 bytes'],
    ['__proto__', 'a name of JavaScript'],
  ] as const) {
    it(`such as ${name} in keys is no bad input`, async () => {
      await put(key, key);
      assert.equal((await read(key)).toString(), key);
      await store.client.send(new DeleteObjectCommand({ Bucket, Key: key }));
      assert.deepEqual(await keys(), []);
    });
  }

  it('as keys too long or with NUL is refused', async () => {
    await assert.rejects(put('x'.repeat(1025), ''), { name: 'KeyTooLongError' });
    await assert.rejects(put('a\0b', ''), { name: 'InvalidArgument' });
    const { endpoint } = store.credentials;
    const huge = await rawRequest(`${endpoint}/${Bucket}/${'k'.repeat(1_000_000)}`).catch(
      () => null,
    );
    // The connection may be closed before the client has read why.
    assert.ok(huge === null || huge.status === 431);
    const { status, code } = await rawRequest(`${endpoint}/${Bucket}/%ff%fe`);
    assert.deepEqual([status, code], [400, 'InvalidURI']);
  });

  it('as 10,001 parts, or number 10,001, is refused', async () => {
    const Key = 'many';
    const UploadId = await begin(Key);
    const Parts = Array.from({ length: 10_001 }, (_, i) => ({ PartNumber: i + 1, ETag: 'x' }));
    const complete = { Bucket, Key, UploadId, MultipartUpload: { Parts } };
    await assert.rejects(store.client.send(new CompleteMultipartUploadCommand(complete)), {
      name: 'MalformedXML',
    });
    const part = { Bucket, Key, UploadId, PartNumber: 10_001, Body: 'x' };
    await assert.rejects(store.client.send(new UploadPartCommand(part)), {
      name: 'InvalidArgument',
    });
    const list = new ListPartsCommand({ Bucket, Key, UploadId });
    assert.equal((await store.client.send(list)).Parts, undefined);
  });

  it('as ranges without end is answered as S3 does', async () => {
    await put('ranged', '0123456789');
    const url = await getSignedUrl(store.client, new GetObjectCommand({ Bucket, Key: 'ranged' }));
    const status = async (range: string): Promise<number> =>
      (await rawRequest(url, { headers: { range } })).status;
    const many = Array.from({ length: 2_000 }, (_, i) => `${i}-${i}`).join(',');
    assert.equal(await status(`bytes=${many}`), 200);
    assert.equal(await status('bytes=9-99999999999999999999999'), 206);
    assert.equal(await status('bytes=99999999999999999999999-'), 416);
    assert.equal(await status('bytes=-99999999999999999999999'), 206);
    assert.equal(await status('bytes=5-2'), 200);
    assert.equal(await status('bytes=-0'), 416);
    assert.equal(await status(`bytes=${'0'.repeat(20_000)}-`), 206);
    // More than all headers may have together.
    const tenThousand = Array.from({ length: 10_000 }, (_, i) => `${i}-${i}`).join(',');
    const refused = await status(`bytes=${tenThousand}`).catch((error) => error.code);
    assert.ok(refused === 431 || refused === 'ECONNRESET' || refused === 'EPIPE', `${refused}`);
  });

  it('as XML bombs, or documents of any size, is refused', async () => {
    const signed = new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: 'ranged' }] } });
    const bomb = `<!DOCTYPE a [${Array.from({ length: 20 }, (_, i) => `<!ENTITY e${i + 1} "&e${i};&e${i};">`).join('')}]><Delete><Object><Key>&e20;</Key></Object></Delete>`;
    for (const [body, code] of [
      [bomb, 'MalformedXML'],
      ['<Delete>'.repeat(200_000), 'MalformedXML'],
      ['x'.repeat(5_000_000), 'MaxMessageLengthExceeded'],
    ] as const) {
      const client = clientOf(store.credentials);
      client.middlewareStack.add(
        (next) => (args) => {
          (args as { request: { body: string } }).request.body = body;
          return next(args);
        },
        { step: 'build', priority: 'high' },
      );
      await assert.rejects(client.send(signed), { name: code });
      client.destroy();
    }
    assert.deepEqual(await keys(), ['ranged']);
  });

  it('as a body that ends early leaves nothing', async () => {
    const client = clientOf(store.credentials, { requestChecksumCalculation: 'WHEN_REQUIRED' });
    const url = new URL(await getSignedUrl(client, new PutObjectCommand({ Bucket, Key: 'early' })));
    client.destroy();
    const head = `PUT ${url.pathname}${url.search} HTTP/1.1\r\nhost: ${url.host}\r\n`;
    const socket = connect(Number(url.port), url.hostname);
    socket.write(`${head}content-length: 5000000\r\n\r\n`);
    socket.write(randomBytes(3_000_000));
    await new Promise((resolve) => socket.once('drain', resolve));
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.destroy();
    await closed;
    await assert.rejects(read('early'), { name: 'NoSuchKey' });
    // What was on its way is gone once the store noticed; a stop waits for that.
    await store.stop();
    assert.deepEqual(await readdir(join(store.folder, 'temp')), []);
    const again = await startTestStore(store.folder);
    assert.deepEqual(await keysOf(again), ['ranged']);
    await again.close();
    await store.close();
    store = await startTestStore();
  });

  it('as many writers of one key leaves the content of one of them', async () => {
    const bodies = Array.from({ length: 12 }, (_, i) => Buffer.alloc(100_000, i));
    await Promise.all(bodies.map((body) => put('contested', body)));
    const found = await read('contested');
    assert.ok(bodies.some((body) => body.equals(found)));
    await store.client.send(new DeleteObjectCommand({ Bucket, Key: 'contested' }));
    assert.deepEqual(await keys(), []);
  });
});

async function keysOf({ client }: TestStore): Promise<readonly (string | undefined)[]> {
  const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket }));
  return Contents.map(({ Key }) => Key);
}
