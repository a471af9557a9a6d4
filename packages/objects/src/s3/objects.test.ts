import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { Agent, request } from 'node:http';
import { Readable } from 'node:stream';
import { after, before, describe, it } from 'node:test';
import {
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3ServiceException,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { rawRequest } from '../raw-request.ts';
import { clientOf, startTestStore, type TestStore } from '../test-store.ts';

let store: TestStore;
before(async () => {
  store = await startTestStore();
});
after(() => store.close());

const Bucket = 'valise';
const put = (Key: string, Body: string | Buffer, more: object = {}) =>
  store.client.send(new PutObjectCommand({ Bucket, Key, Body, ...more }));
const get = async (Key: string, more: object = {}) => {
  const answer = await store.client.send(new GetObjectCommand({ Bucket, Key, ...more }));
  const bytes = Buffer.from((await answer.Body?.transformToByteArray()) ?? []);
  return { ...answer, bytes };
};

/** A presigned PUT that signs the given headers. */
async function putUrl(Key: string, signed: Record<string, string> = {}): Promise<string> {
  const client = clientOf(store.credentials, { requestChecksumCalculation: 'WHEN_REQUIRED' });
  const command = new PutObjectCommand({ Bucket, Key });
  command.middlewareStack.add(
    (next) => (args) => {
      Object.assign((args.request as { headers: object }).headers, signed);
      return next(args);
    },
    { step: 'build' },
  );
  const names = new Set(Object.keys(signed));
  return await getSignedUrl(client, command, { unhoistableHeaders: names, signableHeaders: names });
}

describe('objects', () => {
  it('come back bit for bit, inline, in a blob and empty', async () => {
    for (const size of [0, 1, 65_536, 65_537, 3_000_000]) {
      const bytes = randomBytes(size);
      await put(`size/${size}`, bytes);
      assert.ok((await get(`size/${size}`)).bytes.equals(bytes), String(size));
    }
  });

  it('keep type, metadata and encoding, and let the query override them', async () => {
    const given = {
      ContentType: 'text/plain',
      ContentEncoding: 'gzip',
      CacheControl: 'no-store',
      Metadata: { mtime: '123' },
    };
    await put('described', 'x', given);
    const plain = await get('described');
    assert.partialDeepStrictEqual(plain, given);
    const disposition = `attachment; filename*=UTF-8''%C3%A4.txt`;
    const overridden = await get('described', {
      ResponseContentDisposition: disposition,
      ResponseContentType: 'application/pdf',
    });
    assert.equal(overridden.ContentDisposition, disposition);
    assert.equal(overridden.ContentType, 'application/pdf');
  });

  it('are served by range in every form', async () => {
    const bytes = randomBytes(1_500_000);
    await put('ranged', bytes);
    const forms: [string, number, number][] = [
      ['bytes=0-0', 0, 1],
      ['bytes=10-19', 10, 20],
      ['bytes=1000000-', 1_000_000, 1_500_000],
      ['bytes=-5', 1_499_995, 1_500_000],
      ['bytes=-9999999', 0, 1_500_000],
      ['bytes=1499999-99999999', 1_499_999, 1_500_000],
    ];
    for (const [Range, from, to] of forms) {
      const answer = await get('ranged', { Range });
      assert.ok(answer.bytes.equals(bytes.subarray(from, to)), Range);
      assert.equal(answer.ContentRange, `bytes ${from}-${to - 1}/1500000`);
    }
    const many = Array.from({ length: 1_000 }, (_, i) => `${i}-${i}`).join(',');
    for (const Range of ['bytes=5-2', 'bytes=a-b', 'lines=1-2', `bytes=${many}`]) {
      assert.equal((await get('ranged', { Range })).ContentLength, 1_500_000);
    }
  });

  it('refuse a range that holds nothing', async () => {
    await put('zero', '');
    await put('one', 'x');
    for (const [Key, Range] of [
      ['zero', 'bytes=0-'],
      ['zero', 'bytes=-1'],
      ['one', 'bytes=1-'],
      ['one', 'bytes=-0'],
    ] as const) {
      await assert.rejects(get(Key, { Range }), { name: 'InvalidRange' }, `${Key} ${Range}`);
    }
  });

  it('obey conditions', async () => {
    await put('conditional', 'first', { IfNoneMatch: '*' });
    await assert.rejects(put('conditional', 'second', { IfNoneMatch: '*' }), {
      name: 'PreconditionFailed',
    });
    const { ETag, bytes } = await get('conditional');
    assert.equal(bytes.toString(), 'first');
    await assert.rejects(get('conditional', { IfMatch: '"other"' }), {
      name: 'PreconditionFailed',
    });
    await assert.rejects(get('conditional', { IfNoneMatch: ETag }), (error: S3ServiceException) => {
      assert.equal(error.$response?.headers.etag, ETag);
      return error.$metadata.httpStatusCode === 304;
    });
    await put('conditional', 'second', { IfMatch: ETag });
    await assert.rejects(put('conditional', 'third', { IfMatch: ETag }), {
      name: 'PreconditionFailed',
    });
  });

  it('let exactly one of many simultaneous creators win', async () => {
    const tries = Array.from({ length: 20 }, (_, i) => put('raced', `${i}`, { IfNoneMatch: '*' }));
    const outcomes = await Promise.allSettled(tries);
    const winners = outcomes.flatMap((outcome, i) =>
      outcome.status === 'fulfilled' ? [`${i}`] : [],
    );
    assert.equal(winners.length, 1);
    assert.equal((await get('raced')).bytes.toString(), winners[0]);
  });

  it('that are missing answer 404', async () => {
    await assert.rejects(get('nowhere'), { name: 'NoSuchKey' });
    const head = new HeadObjectCommand({ Bucket, Key: 'nowhere' });
    await assert.rejects(store.client.send(head), { name: 'NotFound' });
    const other = new GetObjectCommand({ Bucket: 'nobucket', Key: 'x' });
    await assert.rejects(store.client.send(other), { name: 'NoSuchBucket' });
  });

  it('have the MD5 as ETag when small, never something that looks like another MD5', async () => {
    const md5 = createHash('md5').update('small').digest('hex');
    assert.equal((await put('etag', 'small')).ETag, `"${md5}"`);
    const large = randomBytes(2_000_000);
    assert.match((await put('etag', large)).ETag ?? '', /^"[0-9a-f]{32}-1"$/);
  });

  it('go, one by one and in numbers, and may go twice', async () => {
    for (const Key of ['d 1 ', 'd/&<>"2', 'd\r\n3']) await put(Key, 'x');
    const Objects = [{ Key: 'd 1 ' }, { Key: 'd/&<>"2' }, { Key: 'd\r\n3' }, { Key: 'never' }];
    const command = new DeleteObjectsCommand({ Bucket, Delete: { Objects } });
    assert.equal((await store.client.send(command)).Deleted?.length, 4);
    for (const { Key } of Objects) {
      await assert.rejects(get(Key), { name: 'NoSuchKey' });
      await store.client.send(new DeleteObjectCommand({ Bucket, Key }));
    }
  });

  it('stay readable to a GET that was running when they were deleted', async () => {
    const bytes = randomBytes(8_000_000);
    await put('doomed', bytes);
    const answer = await store.client.send(new GetObjectCommand({ Bucket, Key: 'doomed' }));
    await store.client.send(new DeleteObjectCommand({ Bucket, Key: 'doomed' }));
    assert.ok(bytes.equals(Buffer.from((await answer.Body?.transformToByteArray()) ?? [])));
  });

  it('are copied without moving content', async () => {
    await put('source ü', randomBytes(200_000), { ContentType: 'a/b' });
    const CopySource = encodeURI(`${Bucket}/source ü`);
    await store.client.send(new CopyObjectCommand({ Bucket, Key: 'copy', CopySource }));
    await store.client.send(new DeleteObjectCommand({ Bucket, Key: 'source ü' }));
    const copy = await get('copy');
    assert.equal(copy.bytes.length, 200_000);
    assert.equal(copy.ContentType, 'a/b');
  });
});

describe('bodies', () => {
  it('must be what their digests say', async () => {
    const sha256 = (text: string) => createHash('sha256').update(text);
    const cases: [Record<string, string>, string][] = [
      [{ 'content-md5': createHash('md5').update('right').digest('base64') }, 'BadDigest'],
      [{ 'content-md5': 'nonsense' }, 'InvalidDigest'],
      [{ 'x-amz-content-sha256': sha256('right').digest('hex') }, 'XAmzContentSHA256Mismatch'],
      [{ 'x-amz-checksum-sha256': sha256('right').digest('base64') }, 'BadDigest'],
      [{ 'x-amz-checksum-crc32': 'AAAAAA==' }, 'BadDigest'],
      [{ 'x-amz-checksum-sha256': 'eA==' }, 'InvalidRequest'],
    ];
    for (const [headers, code] of cases) {
      const url = await putUrl('pinned', headers);
      const answer = await rawRequest(url, { method: 'PUT', headers, body: 'wrong' });
      assert.deepEqual([answer.status, answer.code], [400, code], JSON.stringify(headers));
    }
    await assert.rejects(get('pinned'), { name: 'NoSuchKey' });
    for (const [headers, code] of cases.slice(0, 4)) {
      if (code === 'InvalidDigest') continue;
      const url = await putUrl('pinned', headers);
      assert.equal((await rawRequest(url, { method: 'PUT', headers, body: 'right' })).status, 200);
    }
  });

  it('must have the length that was signed', async () => {
    const url = await putUrl('measured', { 'content-length': '5' });
    for (const body of ['four', 'longer']) {
      const answer = await rawRequest(url, { method: 'PUT', body });
      assert.deepEqual([answer.status, answer.code], [403, 'SignatureDoesNotMatch'], body);
    }
    assert.equal((await rawRequest(url, { method: 'PUT', body: 'five!' })).status, 200);
  });

  it('that end early never become an object', async () => {
    const url = await putUrl('short');
    for (const size of [10, 1_000_000]) {
      const headers = { 'content-length': String(size), connection: 'close' };
      const body = Buffer.alloc(size - 1);
      await new Promise((resolve) => {
        const outgoing = request(url, { method: 'PUT', headers });
        outgoing.on('error', resolve).on('close', resolve);
        outgoing.write(body, () => outgoing.destroy());
      });
    }
    await assert.rejects(get('short'), { name: 'NoSuchKey' });
  });

  it('that are refused half-way leave their connection usable', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const payload = 'STREAMING-UNSIGNED-PAYLOAD-TRAILER';
    const headers = { 'x-amz-content-sha256': payload, 'x-amz-decoded-content-length': '2000000' };
    const url = await putUrl('half', headers);
    const body = Buffer.concat([Buffer.from('10\r\n0123456789abcdefXX'), Buffer.alloc(2_000_000)]);
    for (let i = 0; i < 3; i += 1) {
      const answer = await rawRequest(url, { method: 'PUT', headers, body, agent });
      assert.deepEqual([answer.status, answer.code], [400, 'InvalidRequest']);
    }
    agent.destroy();
    await assert.rejects(get('half'), { name: 'NoSuchKey' });
  });

  it('travel in chunks with a trailer', async () => {
    const bytes = randomBytes(300_000);
    const input = { Bucket, Key: 'chunked', ContentLength: bytes.length };
    const body = () => Readable.from([bytes.subarray(0, 100_001), bytes.subarray(100_001)]);
    await store.client.send(new PutObjectCommand({ ...input, Body: body() }));
    assert.ok((await get('chunked')).bytes.equals(bytes));
    const sha = { ...input, Key: 'chunked-sha', ChecksumAlgorithm: 'SHA256' } as const;
    await store.client.send(new PutObjectCommand({ ...sha, Body: body() }));
    const head = await get('chunked-sha', { ChecksumMode: 'ENABLED' });
    assert.equal(head.ChecksumSHA256, createHash('sha256').update(bytes).digest('base64'));
  });
});

describe('listing', () => {
  it('pages through keys in byte order, with prefixes and delimiters', async () => {
    const names = ['a', 'a/1', 'a/2', 'a/b/3', 'b', 'é', 'z/1', '\uffee', '😀'];
    for (const name of names) await put(`list/${name}`, 'x');
    const all = await pages({ Prefix: 'list/' }, 2);
    const sorted = names
      .map((name) => `list/${name}`)
      .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    assert.deepEqual(all.keys, sorted);
    for (const size of [1, 2, 3, 100]) {
      const level = await pages({ Prefix: 'list/', Delimiter: '/' }, size);
      assert.deepEqual(
        level.keys,
        ['a', 'b', 'é', '\uffee', '😀'].map((name) => `list/${name}`),
      );
      assert.deepEqual(level.prefixes, ['list/a/', 'list/z/']);
    }
    const after = await pages({ Prefix: 'list/', StartAfter: 'list/b' }, 100);
    assert.deepEqual(after.keys, sorted.slice(sorted.indexOf('list/b') + 1));
  });

  it('gives odd keys percent-encoded to whoever asks', async () => {
    await put('enc/a b\u0001+%', 'x');
    const command = new ListObjectsV2Command({ Bucket, Prefix: 'enc/', EncodingType: 'url' });
    const { Contents } = await store.client.send(command);
    assert.equal(Contents?.[0]?.Key, 'enc/a%20b%01%2B%25');
  });
});

async function pages(wanted: object, MaxKeys: number) {
  const keys: string[] = [];
  const prefixes: string[] = [];
  let ContinuationToken: string | undefined;
  do {
    const command = new ListObjectsV2Command({ Bucket, MaxKeys, ContinuationToken, ...wanted });
    const page = await store.client.send(command);
    keys.push(...(page.Contents ?? []).map((entry) => entry.Key ?? ''));
    prefixes.push(...(page.CommonPrefixes ?? []).map((entry) => entry.Prefix ?? ''));
    ContinuationToken = page.NextContinuationToken;
  } while (ContinuationToken);
  return { keys, prefixes };
}

describe('buckets', () => {
  it('are made once, listed, and removed only when empty', async () => {
    const { client } = store;
    await client.send(new CreateBucketCommand({ Bucket: 'second' }));
    await client.send(new CreateBucketCommand({ Bucket: 'second' }));
    await client.send(new HeadBucketCommand({ Bucket: 'second' }));
    const { Buckets } = await client.send(new ListBucketsCommand({}));
    assert.deepEqual(
      Buckets?.map((bucket) => bucket.Name),
      ['second', 'valise'],
    );
    await client.send(new PutObjectCommand({ Bucket: 'second', Key: 'x', Body: 'y' }));
    const remove = new DeleteBucketCommand({ Bucket: 'second' });
    await assert.rejects(client.send(remove), { name: 'BucketNotEmpty' });
    await client.send(new DeleteObjectCommand({ Bucket: 'second', Key: 'x' }));
    await client.send(remove);
    await assert.rejects(client.send(new HeadBucketCommand({ Bucket: 'second' })));
  });
});

describe('cross-origin calls', () => {
  it('are allowed from anywhere and show the ETag', async () => {
    const preflight = await rawRequest(`${store.credentials.endpoint}/valise/x`, {
      method: 'OPTIONS',
      headers: {
        origin: 'https://app.example',
        'access-control-request-method': 'PUT',
        'access-control-request-headers': 'if-none-match,x-amz-content-sha256',
      },
    });
    assert.equal(preflight.status, 204);
    assert.equal(
      preflight.headers['access-control-allow-headers'],
      'if-none-match,x-amz-content-sha256',
    );
    const answer = await rawRequest(await putUrl('cors'), { method: 'PUT', body: 'x' });
    assert.equal(answer.headers['access-control-allow-origin'], '*');
    assert.match(String(answer.headers['access-control-expose-headers']), /ETag/);
    const refused = await rawRequest(`${store.credentials.endpoint}/valise/x`);
    assert.equal(refused.headers['access-control-allow-origin'], '*');
  });
});
