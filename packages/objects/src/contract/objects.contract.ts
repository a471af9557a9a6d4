import assert from 'node:assert/strict';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { test } from 'node:test';
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { type ContractStore, refuses } from './contract-store.ts';

const digest = (algorithm: string, bytes: Uint8Array) =>
  createHash(algorithm).update(bytes).digest('base64');

/** Single objects: what goes in comes out, whole or in ranges, under the conditions asked for. */
export function objectsContract(store: () => ContractStore): void {
  const at = (key: string) => ({ Bucket: store().bucket, Key: key });
  const put = (key: string, body: Uint8Array, more: object = {}) =>
    store().client.send(new PutObjectCommand({ ...at(key), Body: body, ...more }));
  const get = (key: string, more: object = {}) =>
    store().client.send(new GetObjectCommand({ ...at(key), ...more }));
  const head = (key: string, more: object = {}) =>
    store().client.send(new HeadObjectCommand({ ...at(key), ...more }));
  async function bytesOf(key: string, Range?: string): Promise<Buffer> {
    const { Body } = await get(key, Range === undefined ? {} : { Range });
    return Buffer.from((await Body?.transformToByteArray()) ?? []);
  }

  test('objects keep their bytes, type and metadata', async () => {
    const key = randomUUID();
    for (const size of [0, 1, 65_536, 65_537, 3_000_000]) {
      const body = randomBytes(size);
      const more = { ContentType: 'text/x-one', Metadata: { colour: 'blue' } };
      const { ETag } = await put(key, body, more);
      const found = await head(key);
      assert.equal(found.ContentLength, size);
      assert.equal(found.ContentType, 'text/x-one');
      assert.deepEqual(found.Metadata, { colour: 'blue' });
      assert.equal(found.ETag, ETag);
      assert.ok((await bytesOf(key)).equals(body));
    }
    await refuses(get(`${key}-not`), 404, 'NoSuchKey');
    await refuses(head(`${key}-not`), 404);
  });

  test('odd keys are keys, not paths', async () => {
    const prefix = `odd/${randomUUID()}/`;
    const names = ['a b', 'a+b', 'a%2Fb', '..', '../x', './', '//', 'ü🎉', '&<>"\'', '*?#~', '007'];
    for (const name of names) await put(prefix + name, Buffer.from(name));
    for (const name of names) assert.equal(String(await bytesOf(prefix + name)), name);
    const input = { Bucket: store().bucket, Prefix: prefix };
    const listed = await store().client.send(new ListObjectsV2Command(input));
    const keys = listed.Contents?.map((entry) => entry.Key?.slice(prefix.length));
    assert.deepEqual(
      keys,
      names.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
    );
    await refuses(put('k'.repeat(1_025), Buffer.from('x')), 400);
  });

  test('ranges in all forms', async () => {
    const key = randomUUID();
    const body = randomBytes(1_000);
    await put(key, body);
    const forms: readonly [string, number, number][] = [
      ['bytes=0-0', 0, 1],
      ['bytes=10-19', 10, 20],
      ['bytes=990-', 990, 1_000],
      ['bytes=-7', 993, 1_000],
      ['bytes=500-99999', 500, 1_000],
      ['bytes=-99999', 0, 1_000],
    ];
    for (const [range, from, to] of forms) {
      const { ContentRange } = await get(key, { Range: range });
      assert.equal(ContentRange, `bytes ${from}-${to - 1}/1000`);
      assert.ok((await bytesOf(key, range)).equals(body.subarray(from, to)), range);
    }
    await refuses(get(key, { Range: 'bytes=1000-' }), 416, 'InvalidRange');
    await put(key, Buffer.alloc(0));
    await refuses(get(key, { Range: 'bytes=0-' }), 416, 'InvalidRange');
  });

  test('conditions of reading and writing', async () => {
    const key = randomUUID();
    const { ETag } = await put(key, Buffer.from('one'), { IfNoneMatch: '*' });
    await refuses(put(key, Buffer.from('two'), { IfNoneMatch: '*' }), 412, 'PreconditionFailed');
    assert.equal(String(await bytesOf(key)), 'one');
    assert.equal((await get(key, { IfMatch: ETag })).$metadata.httpStatusCode, 200);
    await refuses(get(key, { IfMatch: '"0123"' }), 412);
    await refuses(get(key, { IfNoneMatch: ETag }), 304);
    await refuses(get(key, { IfModifiedSince: new Date(Date.now() + 60_000) }), 304);
    await refuses(get(key, { IfUnmodifiedSince: new Date(0) }), 412);
  });

  test('of writers that all want to be first, one is', async () => {
    const key = randomUUID();
    const bodies = Array.from({ length: 8 }, (_, n) => Buffer.from(`writer ${n}`));
    const writes = bodies.map((body) => put(key, body, { IfNoneMatch: '*' }));
    const done = (await Promise.allSettled(writes)).map((end) => end.status === 'fulfilled');
    assert.equal(done.filter(Boolean).length, 1);
    assert.ok((await bytesOf(key)).equals(bodies[done.indexOf(true)] ?? Buffer.alloc(0)));
  });

  test('announced checksums are held to', async () => {
    const body = randomBytes(5_000);
    const wrong = randomBytes(5_000);
    const key = randomUUID();
    await refuses(put(key, body, { ContentMD5: digest('md5', wrong) }), 400, 'BadDigest');
    await refuses(put(key, body, { ContentMD5: 'nonsense' }), 400, 'InvalidDigest');
    await refuses(head(key), 404);
    await put(key, body, { ContentMD5: digest('md5', body) });
    await put(key, body, { ChecksumSHA256: digest('sha256', body) });
    const lie = put(`${key}-2`, body, { ChecksumSHA256: digest('sha256', wrong) });
    if (store().differences['checksum-ignored']) await lie;
    else await refuses(lie, 400);
  });

  test('copies keep content, and metadata unless told otherwise', async () => {
    const from = randomUUID();
    const body = randomBytes(100_000);
    await put(from, body, { ContentType: 'a/b', Metadata: { colour: 'blue' } });
    const CopySource = `${store().bucket}/${from}`;
    const copy = (key: string, more: object = {}) =>
      store().client.send(new CopyObjectCommand({ ...at(key), CopySource, ...more }));
    await copy(`${from}-copy`);
    assert.deepEqual((await head(`${from}-copy`)).Metadata, { colour: 'blue' });
    const other = { MetadataDirective: 'REPLACE', ContentType: 'c/d', Metadata: {} };
    await copy(`${from}-other`, other);
    assert.equal((await head(`${from}-other`)).ContentType, 'c/d');
    await store().client.send(new DeleteObjectCommand(at(from)));
    for (const end of ['-copy', '-other']) assert.ok((await bytesOf(from + end)).equals(body));
    await refuses(copy('x'), 404, 'NoSuchKey');
    await refuses(copy(`${from}-copy`, { CopySourceIfMatch: '"0"' }), 404, 'NoSuchKey');
  });

  test('listings come in order, in pages, and by folder', async () => {
    const prefix = `list/${randomUUID()}/`;
    const names = ['a', 'b/1', 'b/2', 'b/3', 'c', 'd/1'];
    for (const name of names) await put(prefix + name, Buffer.from(name));
    const list = (more: object) => {
      const input = { Bucket: store().bucket, Prefix: prefix, ...more };
      return store().client.send(new ListObjectsV2Command(input));
    };
    const seen: string[] = [];
    for (let token: string | undefined; ; ) {
      const page = await list({ MaxKeys: 2, ContinuationToken: token });
      seen.push(...(page.Contents ?? []).map((entry) => entry.Key?.slice(prefix.length) ?? ''));
      if (page.IsTruncated !== true) break;
      assert.equal(page.KeyCount, 2);
      token = page.NextContinuationToken;
    }
    assert.deepEqual(seen, names);
    const folders = await list({ Delimiter: '/' });
    const common = folders.CommonPrefixes?.map((entry) => entry.Prefix?.slice(prefix.length));
    assert.deepEqual(common, ['b/', 'd/']);
    assert.equal(folders.Contents?.length, 2);
    const after = await list({ StartAfter: `${prefix}b/3` });
    assert.deepEqual(
      after.Contents?.map((entry) => entry.Key?.slice(prefix.length)),
      ['c', 'd/1'],
    );
  });

  test('deletions, one and many; what is not there is no fault', async () => {
    const keys = ['1', '2', '3&'].map((end) => `gone/${randomUUID()}${end}`);
    for (const key of keys) await put(key, Buffer.from('x'));
    const Objects = [...keys, 'gone/never'].map((Key) => ({ Key }));
    const input = { Bucket: store().bucket, Delete: { Objects } };
    const { Errors = [] } = await store().client.send(new DeleteObjectsCommand(input));
    assert.deepEqual(Errors, []);
    for (const key of keys) await refuses(head(key), 404);
    await store().client.send(new DeleteObjectCommand(at('gone/never')));
  });
}
