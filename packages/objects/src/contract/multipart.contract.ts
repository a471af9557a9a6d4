import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { test } from 'node:test';
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  PutObjectCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { type ContractStore, refuses } from './contract-store.ts';

const MiB = 1024 * 1024;

/** Objects made of parts: all of them or nothing, in the order of their numbers. */
export function multipartContract(store: () => ContractStore): void {
  async function begin() {
    const { client, bucket } = store();
    const at = { Bucket: bucket, Key: `parts/${randomUUID()}` };
    const created = await client.send(new CreateMultipartUploadCommand(at));
    const upload = { ...at, UploadId: created.UploadId };
    const send = async (PartNumber: number, body: Uint8Array): Promise<CompletedPart> => {
      const input = { ...upload, PartNumber, Body: body };
      const { ETag } = await client.send(new UploadPartCommand(input));
      return { PartNumber, ETag };
    };
    const complete = (Parts: CompletedPart[]) => {
      const input = { ...upload, MultipartUpload: { Parts } };
      return client.send(new CompleteMultipartUploadCommand(input));
    };
    const list = (more: object = {}) => client.send(new ListPartsCommand({ ...upload, ...more }));
    const abort = () => client.send(new AbortMultipartUploadCommand(upload));
    return { client, at, upload, send, complete, list, abort };
  }
  async function bytesOf(at: { Bucket: string; Key: string }): Promise<Buffer> {
    const { Body } = await store().client.send(new GetObjectCommand(at));
    return Buffer.from((await Body?.transformToByteArray()) ?? []);
  }

  test('parts become one object in the order of their numbers, the last sent of each', async () => {
    const { client, at, send, complete, list } = await begin();
    const bodies = [randomBytes(5 * MiB), randomBytes(5 * MiB + 1), randomBytes(3)] as const;
    await send(1, randomBytes(5 * MiB));
    const third = await send(10_000, bodies[2]);
    const second = await send(7, bodies[1]);
    const first = await send(1, bodies[0]);
    const { Parts = [] } = await list();
    assert.deepEqual(
      Parts.map((part) => [part.PartNumber, part.Size, part.ETag]),
      [first, second, third].map((part, n) => [part.PartNumber, bodies[n]?.length, part.ETag]),
    );
    await refuses(client.send(new HeadObjectCommand(at)), 404);
    const { ETag } = await complete([first, second, third]);
    const made = await client.send(new HeadObjectCommand(at));
    assert.match(made.ETag ?? '', /^"[0-9a-f]{32}-3"$/);
    if (store().differences['completion-without-etag']) assert.equal(ETag ?? '', '');
    else assert.equal(ETag, made.ETag);
    assert.ok((await bytesOf(at)).equals(Buffer.concat(bodies)));
    await complete([first, second, third]);
    assert.equal((await client.send(new HeadObjectCommand(at))).ETag, made.ETag);
  });

  test('completions that do not say what is there make nothing', async () => {
    const { client, at, send, complete, abort } = await begin();
    const first = await send(1, randomBytes(5 * MiB));
    const second = await send(2, randomBytes(9));
    const other = { ...second, ETag: `"${'0'.repeat(32)}"` };
    await refuses(complete([first, other]), 400, 'InvalidPart');
    await refuses(complete([first, { ...second, PartNumber: 3 }]), 400, 'InvalidPart');
    await refuses(complete([]), 400, 'MalformedXML');
    const small = await send(1, randomBytes(9));
    await refuses(complete([small, second]), 400, 'EntityTooSmall');
    await refuses(client.send(new HeadObjectCommand(at)), 404);
    await abort();
  });

  test('parts out of order', async () => {
    const { at, send, complete, abort } = await begin();
    const bodies = [randomBytes(5 * MiB), randomBytes(9)] as const;
    const first = await send(1, bodies[0]);
    const second = await send(2, bodies[1]);
    if (store().differences['completion-in-any-order']) {
      await complete([second, first]);
      assert.ok((await bytesOf(at)).equals(Buffer.concat(bodies)));
    } else {
      await refuses(complete([second, first]), 400, 'InvalidPartOrder');
      await abort();
    }
  });

  test('parts may be left out', async () => {
    const { at, send, complete, abort } = await begin();
    const body = randomBytes(100);
    const first = await send(1, body);
    await send(2, randomBytes(9));
    if (store().differences['completion-takes-all']) {
      await refuses(complete([first]), 400, 'InvalidPart');
      await abort();
    } else {
      await complete([first]);
      assert.ok((await bytesOf(at)).equals(body));
    }
  });

  test('part numbers outside 1 to 10,000', async () => {
    const { send, abort } = await begin();
    for (const number of [0, 10_001]) {
      if (store().differences['any-part-number']) await send(number, randomBytes(9));
      else await refuses(send(number, randomBytes(9)), 400);
    }
    await abort();
  });

  test('an aborted upload is gone with its parts', async () => {
    const { upload, send, complete, list, abort } = await begin();
    const part = await send(1, randomBytes(9));
    const uploads = async () => {
      const input = { Bucket: upload.Bucket, Prefix: upload.Key };
      return (await store().client.send(new ListMultipartUploadsCommand(input))).Uploads ?? [];
    };
    assert.deepEqual(
      (await uploads()).map((found) => found.UploadId),
      [upload.UploadId],
    );
    await abort();
    assert.deepEqual(await uploads(), []);
    const isNoSuchKey = store().differences['listing-of-unknown-is-no-such-key'] !== undefined;
    await refuses(list(), 404, isNoSuchKey ? 'NoSuchKey' : 'NoSuchUpload');
    await refuses(send(2, randomBytes(9)), 404, 'NoSuchUpload');
    if (store().differences['completion-of-unknown-is-500']) await refuses(complete([part]), 500);
    else await refuses(complete([part]), 404, 'NoSuchUpload');
  });

  test('parts are listed in pages', async () => {
    const { send, list, abort } = await begin();
    for (const number of [1, 3, 5]) await send(number, randomBytes(9));
    const first = await list({ MaxParts: 2 });
    assert.deepEqual(
      first.Parts?.map((part) => part.PartNumber),
      [1, 3],
    );
    assert.equal(first.IsTruncated, true);
    const second = await list({ MaxParts: 2, PartNumberMarker: first.NextPartNumberMarker });
    assert.deepEqual(
      second.Parts?.map((part) => part.PartNumber),
      [5],
    );
    assert.equal(second.IsTruncated, false);
    await abort();
  });

  test('a range of an object becomes a part', async () => {
    const { client, at, upload, send, complete } = await begin();
    const source = { Bucket: at.Bucket, Key: `${at.Key}-source` };
    const body = randomBytes(6 * MiB);
    await client.send(new PutObjectCommand({ ...source, Body: body }));
    const copy = (CopySourceRange: string, more: object = {}) => {
      const CopySource = `${source.Bucket}/${source.Key}`;
      const input = { ...upload, PartNumber: 1, CopySource, CopySourceRange, ...more };
      return client.send(new UploadPartCopyCommand(input));
    };
    await refuses(copy('bytes=0-99999999'), 416, 'InvalidRange');
    const condition = copy('bytes=0-5', { CopySourceIfMatch: '"0123"' });
    if (store().differences['copy-condition-ignored']) await condition;
    else await refuses(condition, 412);
    const { CopyPartResult } = await copy(`bytes=9-${9 + 5 * MiB - 1}`);
    const tail = randomBytes(7);
    const last = await send(2, tail);
    await complete([{ PartNumber: 1, ETag: CopyPartResult?.ETag }, last]);
    const expected = Buffer.concat([body.subarray(9, 9 + 5 * MiB), tail]);
    assert.ok((await bytesOf(at)).equals(expected));
  });
}
