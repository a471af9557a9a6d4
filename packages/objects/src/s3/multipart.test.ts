import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, it } from 'node:test';
import { crc32 } from 'node:zlib';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  PutObjectCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { startTestStore, type TestStore } from '../test-store.ts';

const Bucket = 'valise';
const MIN = 5 * 1024 * 1024;
let store: TestStore;
before(async () => {
  store = await startTestStore();
});
after(() => store.close());

async function begin(Key: string): Promise<string> {
  const { UploadId } = await store.client.send(new CreateMultipartUploadCommand({ Bucket, Key }));
  return UploadId ?? '';
}

async function part(Key: string, UploadId: string, PartNumber: number, Body: Buffer | string) {
  const command = new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body });
  const { ETag } = await store.client.send(command);
  return { PartNumber, ETag };
}

const complete = (Key: string, UploadId: string, Parts: object[], more: object = {}) =>
  store.client.send(
    new CompleteMultipartUploadCommand({
      Bucket,
      Key,
      UploadId,
      MultipartUpload: { Parts },
      ...more,
    }),
  );

async function read(Key: string): Promise<Buffer> {
  const { Body } = await store.client.send(new GetObjectCommand({ Bucket, Key }));
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
}

async function blobCount(): Promise<number> {
  const entries = await readdir(join(store.folder, 'blobs'), { recursive: true });
  return entries.filter((name) => name.includes('/')).length;
}

describe('multipart uploads', () => {
  it('become one object of the listed parts; completing twice is the same', async () => {
    const [first, second, third] = [randomBytes(MIN), randomBytes(MIN + 1), randomBytes(10)];
    const id = await begin('whole');
    const parts = [];
    // Out of order, one of them twice: the last to arrive counts.
    parts.push(await part('whole', id, 900, third));
    await part('whole', id, 2, randomBytes(MIN));
    parts.unshift(await part('whole', id, 2, second));
    parts.unshift(await part('whole', id, 1, first));
    const done = await complete('whole', id, parts);
    assert.match(done.ETag ?? '', /^"[0-9a-f]{32}-3"$/);
    assert.equal((await complete('whole', id, parts)).ETag, done.ETag);
    assert.ok((await read('whole')).equals(Buffer.concat([first, second, third])));
    await assert.rejects(part('whole', id, 4, 'late'), { name: 'NoSuchUpload' });
  });

  it('have the ETag that S3 gives where every part brought its MD5', async () => {
    const md5 = (data: Buffer) => createHash('md5').update(data).digest();
    const bytes = randomBytes(MIN);
    const id = await begin('md5');
    const digest = md5(bytes).toString('base64');
    const input = { Bucket, Key: 'md5', UploadId: id, PartNumber: 1, Body: bytes };
    const { ETag } = await store.client.send(
      new UploadPartCommand({ ...input, ContentMD5: digest }),
    );
    const second = await part('md5', id, 2, 'tail');
    const done = await complete('md5', id, [{ PartNumber: 1, ETag }, second]);
    const expected = md5(Buffer.concat([md5(bytes), md5(Buffer.from('tail'))])).toString('hex');
    assert.equal(done.ETag, `"${expected}-2"`);
  });

  it('list their parts page by page', async () => {
    const id = await begin('paged');
    for (const number of [7, 3, 10_000, 1]) await part('paged', id, number, `part ${number}`);
    const numbers: (number | undefined)[] = [];
    let PartNumberMarker: string | undefined;
    for (;;) {
      const input = { Bucket, Key: 'paged', UploadId: id, MaxParts: 3, PartNumberMarker };
      const page = await store.client.send(new ListPartsCommand(input));
      numbers.push(...(page.Parts ?? []).map((entry) => entry.PartNumber));
      if (!page.IsTruncated) break;
      PartNumberMarker = page.NextPartNumberMarker;
    }
    assert.deepEqual(numbers, [1, 3, 7, 10_000]);
  });

  it('are refused with a wrong ETag, order, number or size, and stay whole', async () => {
    const id = await begin('strict');
    const one = await part('strict', id, 1, randomBytes(10));
    const two = await part('strict', id, 2, 'end');
    const bad: [object[], string][] = [
      [[one, two], 'EntityTooSmall'],
      [[two, one], 'InvalidPartOrder'],
      [[one, one], 'InvalidPartOrder'],
      [[{ ...one, ETag: two.ETag }], 'InvalidPart'],
      [[{ PartNumber: 5, ETag: one.ETag }], 'InvalidPart'],
      [[], 'MalformedXML'],
    ];
    for (const [parts, name] of bad) await assert.rejects(complete('strict', id, parts), { name });
    await assert.rejects(part('strict', id, 10_001, 'x'), { name: 'InvalidArgument' });
    await assert.rejects(part('other', id, 1, 'x'), { name: 'NoSuchUpload' });
    await complete('strict', id, [two]);
    assert.equal((await read('strict')).toString(), 'end');
  });

  it('are judged by the checksum over the checksums of their parts', async () => {
    const sha = (data: Buffer) => createHash('sha256').update(data).digest();
    const id = await begin('summed');
    const bytes = [randomBytes(MIN), randomBytes(9)];
    const parts = [];
    for (const [i, Body] of bytes.entries()) {
      const number = { PartNumber: i + 1, ChecksumSHA256: sha(Body).toString('base64') };
      const input = { Bucket, Key: 'summed', UploadId: id, Body, ...number };
      const { ETag } = await store.client.send(new UploadPartCommand(input));
      parts.push({ ...number, ETag });
    }
    const wrong = complete('summed', id, parts, { ChecksumSHA256: parts[0]?.ChecksumSHA256 });
    await assert.rejects(wrong, { name: 'BadDigest' });
    const whole = sha(Buffer.concat(bytes.map(sha))).toString('base64');
    const made = await complete('summed', id, parts, { ChecksumSHA256: `${whole}-2` });
    assert.equal(made.ChecksumSHA256, `${whole}-2`);
    const head = new HeadObjectCommand({ Bucket, Key: 'summed', ChecksumMode: 'ENABLED' });
    const kept = await store.client.send(head);
    assert.deepEqual([kept.ChecksumSHA256, kept.ChecksumType], [`${whole}-2`, 'COMPOSITE']);
  });

  it('have a CRC of all their content where that is asked for', async () => {
    const id = await begin('whole');
    const bytes = [randomBytes(MIN), randomBytes(77)];
    const parts = [];
    for (const [i, Body] of bytes.entries()) parts.push(await part('whole', id, i + 1, Body));
    const crc = Buffer.alloc(4);
    crc.writeUInt32BE(crc32(Buffer.concat(bytes)));
    const full = { ChecksumType: 'FULL_OBJECT' } as const;
    const wrong = complete('whole', id, parts, { ...full, ChecksumCRC32: 'AAAAAA==' });
    await assert.rejects(wrong, { name: 'BadDigest' });
    await complete('whole', id, parts, { ...full, ChecksumCRC32: crc.toString('base64') });
    const head = new HeadObjectCommand({ Bucket, Key: 'whole', ChecksumMode: 'ENABLED' });
    const { ChecksumCRC32, ChecksumType } = await store.client.send(head);
    assert.deepEqual([ChecksumCRC32, ChecksumType], [crc.toString('base64'), 'FULL_OBJECT']);
  });

  it('can be read part by part', async () => {
    const id = await begin('by-part');
    const bytes = [randomBytes(MIN), randomBytes(1000)];
    const parts = [
      await part('by-part', id, 2, bytes[0] ?? ''),
      await part('by-part', id, 7, bytes[1] ?? ''),
    ];
    await complete('by-part', id, parts);
    const get = (PartNumber: number) =>
      store.client.send(new GetObjectCommand({ Bucket, Key: 'by-part', PartNumber }));
    const { Body, PartsCount, ContentRange } = await get(7);
    assert.deepEqual(Buffer.from((await Body?.transformToByteArray()) ?? []), bytes[1]);
    assert.deepEqual([PartsCount, ContentRange], [2, `bytes ${MIN}-${MIN + 999}/${MIN + 1000}`]);
    await assert.rejects(get(3), { name: 'InvalidPartNumber' });
    await assert.rejects(get(10_001), { name: 'InvalidArgument' });
  });

  it('do not replace an object against If-None-Match', async () => {
    await store.client.send(new PutObjectCommand({ Bucket, Key: 'there', Body: 'first' }));
    const id = await begin('there');
    const parts = [await part('there', id, 1, 'second')];
    const refused = complete('there', id, parts, { IfNoneMatch: '*' });
    await assert.rejects(refused, { name: 'PreconditionFailed' });
    await complete('there', id, parts);
    assert.equal((await read('there')).toString(), 'second');
  });

  it('give back their space when aborted, replaced or left out', async () => {
    const before = await blobCount();
    const id = await begin('aborted');
    await part('aborted', id, 1, randomBytes(MIN));
    await part('aborted', id, 1, randomBytes(MIN));
    const command = new AbortMultipartUploadCommand({ Bucket, Key: 'aborted', UploadId: id });
    await store.client.send(command);
    await assert.rejects(store.client.send(command), { name: 'NoSuchUpload' });
    const second = await begin('left-out');
    await part('left-out', second, 1, randomBytes(MIN));
    await complete('left-out', second, [await part('left-out', second, 2, 'x')]);
    // Removal follows the answer; the store's own next write comes after it.
    await store.client.send(new PutObjectCommand({ Bucket, Key: 'next', Body: randomBytes(MIN) }));
    await store.client.send(new DeleteObjectCommand({ Bucket, Key: 'next' }));
    await until(async () => (await blobCount()) === before);
  });

  it('are listed while they run', async () => {
    const ids = [await begin('run/b'), await begin('run/a'), await begin('run/a')];
    const list = new ListMultipartUploadsCommand({ Bucket, Prefix: 'run/' });
    const { Uploads } = await store.client.send(list);
    assert.deepEqual(
      Uploads?.map((upload) => upload.Key),
      ['run/a', 'run/a', 'run/b'],
    );
    assert.deepEqual(new Set(Uploads?.map((upload) => upload.UploadId)), new Set(ids));
  });

  it('take ranges of objects as parts, which outlive their source', async () => {
    const source = randomBytes(2 * MIN);
    await store.client.send(new PutObjectCommand({ Bucket, Key: 'src', Body: source }));
    const id = await begin('composed');
    const parts = [];
    for (const [PartNumber, from, to] of [
      [1, 1, MIN + 1],
      [2, MIN, 2 * MIN],
    ] as const) {
      const CopySourceRange = `bytes=${from}-${to - 1}`;
      const input = { Bucket, Key: 'composed', UploadId: id, PartNumber, CopySourceRange };
      const command = new UploadPartCopyCommand({ ...input, CopySource: `${Bucket}/src` });
      const { CopyPartResult } = await store.client.send(command);
      parts.push({ PartNumber, ETag: CopyPartResult?.ETag });
    }
    parts.push(await part('composed', id, 3, 'new end'));
    await store.client.send(new DeleteObjectCommand({ Bucket, Key: 'src' }));
    await complete('composed', id, parts);
    const expected = [source.subarray(1, MIN + 1), source.subarray(MIN), Buffer.from('new end')];
    assert.ok((await read('composed')).equals(Buffer.concat(expected)));
  });

  it('stay few pieces however often they are copied in pieces, shifted by an edit each time', async () => {
    let content = randomBytes(4 * MIN);
    await store.client.send(new PutObjectCommand({ Bucket, Key: 'gen-0', Body: content }));
    for (let generation = 1; generation <= 4; generation += 1) {
      const Key = `gen-${generation}`;
      const id = await begin(Key);
      const edit = randomBytes(MIN + generation);
      const parts = [await part(Key, id, 1, edit)];
      const CopySource = `${Bucket}/gen-${generation - 1}`;
      for (let from = 0; from < content.length; from += MIN) {
        const to = Math.min(from + MIN, content.length);
        const PartNumber = parts.length + 1;
        const CopySourceRange = `bytes=${from}-${to - 1}`;
        const input = { Bucket, Key, UploadId: id, PartNumber, CopySource, CopySourceRange };
        const { CopyPartResult } = await store.client.send(new UploadPartCopyCommand(input));
        parts.push({ PartNumber, ETag: CopyPartResult?.ETag });
      }
      await complete(Key, id, parts);
      content = Buffer.concat([edit, content]);
    }
    assert.ok((await read('gen-4')).equals(content));
    const db = new DatabaseSync(join(store.folder, 'index.db'), { readOnly: true });
    const sql = "SELECT json_array_length(extents) AS pieces FROM objects WHERE key = 'gen-4'";
    assert.equal(db.prepare(sql).get()?.pieces, 5);
    db.close();
  });
});

async function until(holds: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 5_000;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error('it did not come to hold within 5 s');
    await new Promise((resolve) => setImmediate(resolve));
  }
}
