import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  CopyObjectCommand,
  type CopyObjectCommandInput,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  PutObjectCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { startTestStore, type TestStore } from '../test-store.ts';

const Bucket = 'valise';
const HOUR = 3_600_000;
let store: TestStore;
before(async () => {
  store = await startTestStore();
});
after(() => store.close());

const put = (Key: string, Body = 'x') =>
  store.client.send(new PutObjectCommand({ Bucket, Key, Body }));
const exists = (Key: string): Promise<boolean> =>
  store.client.send(new HeadObjectCommand({ Bucket, Key })).then(
    () => true,
    () => false,
  );

describe('deletions of many', () => {
  it('have an outcome each: what is refused stands beside what is done', async () => {
    for (const key of ['one', 'two', 'three']) await put(key);
    const { ETag } = await put('four', 'other');
    const Objects = [
      { Key: 'one' },
      { Key: 'x'.repeat(1025) },
      { Key: 'never' },
      { Key: 'three', ETag },
      { Key: 'four', ETag },
      { Key: 'one' },
    ];
    const delete_ = { Bucket, Delete: { Objects } };
    const answer = await store.client.send(new DeleteObjectsCommand(delete_));
    assert.deepEqual(
      answer.Deleted?.map(({ Key }) => Key),
      ['one', 'never', 'four', 'one'],
    );
    assert.deepEqual(
      answer.Errors?.map(({ Key, Code }) => [Key?.slice(0, 5), Code]),
      [
        ['xxxxx', 'KeyTooLongError'],
        ['three', 'PreconditionFailed'],
      ],
    );
    const left = await Promise.all(['one', 'two', 'three', 'four'].map(exists));
    assert.deepEqual(left, [false, true, true, false]);
  });

  it('say nothing but errors when asked to be quiet', async () => {
    await put('quiet');
    const Objects = [{ Key: 'quiet' }, { Key: 'x'.repeat(1025) }];
    const command = new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } });
    const { Deleted, Errors } = await store.client.send(command);
    assert.deepEqual([Deleted, Errors?.length], [undefined, 1]);
  });

  it('go no further than their condition, one by one as well', async () => {
    const { ETag } = await put('guarded');
    const drop = (IfMatch: string | undefined) =>
      store.client.send(new DeleteObjectCommand({ Bucket, Key: 'guarded', IfMatch }));
    await assert.rejects(drop('"other"'), { name: 'PreconditionFailed' });
    assert.ok(await exists('guarded'));
    await drop(ETag);
    assert.ok(!(await exists('guarded')));
    await drop(ETag);
  });
});

describe('copies', () => {
  const copy = (input: Partial<CopyObjectCommandInput>) =>
    store.client.send(
      new CopyObjectCommand({ Bucket, Key: 'target', CopySource: `${Bucket}/source`, ...input }),
    );

  it('judge the source by all four conditions, in the order of S3', async () => {
    const { ETag = '' } = await put('source', 'content');
    const { LastModified } = await store.client.send(
      new HeadObjectCommand({ Bucket, Key: 'source' }),
    );
    const modified = LastModified?.getTime() ?? 0;
    const [earlier, later] = [new Date(modified - HOUR), new Date(modified + HOUR)];
    const cases: readonly [Partial<CopyObjectCommandInput>, boolean][] = [
      [{ CopySourceIfMatch: ETag }, true],
      [{ CopySourceIfMatch: '"other"' }, false],
      [{ CopySourceIfNoneMatch: '"other"' }, true],
      [{ CopySourceIfNoneMatch: ETag }, false],
      [{ CopySourceIfUnmodifiedSince: later }, true],
      [{ CopySourceIfUnmodifiedSince: earlier }, false],
      [{ CopySourceIfModifiedSince: earlier }, true],
      [{ CopySourceIfModifiedSince: later }, false],
      // Said together, the ETag decides.
      [{ CopySourceIfMatch: ETag, CopySourceIfUnmodifiedSince: earlier }, true],
      [{ CopySourceIfNoneMatch: ETag, CopySourceIfModifiedSince: earlier }, false],
    ];
    for (const [condition, holds] of cases) {
      const outcome = await copy(condition).then(
        () => true,
        (error) => (error.name === 'PreconditionFailed' ? false : error.name),
      );
      assert.equal(outcome, holds, JSON.stringify(condition));
    }
  });

  it('judge what stands at the target', async () => {
    await put('source', 'content');
    const { ETag } = await put('target', 'before');
    await assert.rejects(copy({ IfNoneMatch: '*' }), { name: 'PreconditionFailed' });
    await assert.rejects(copy({ IfMatch: '"other"' }), { name: 'PreconditionFailed' });
    await copy({ IfMatch: ETag });
    const { Body } = await store.client.send(new GetObjectCommand({ Bucket, Key: 'target' }));
    assert.equal(await Body?.transformToString(), 'content');
  });

  it('onto themselves must change something', async () => {
    await put('source', 'content');
    await assert.rejects(copy({ Key: 'source' }), { name: 'InvalidRequest' });
    const Metadata = { now: 'known' };
    await copy({ Key: 'source', MetadataDirective: 'REPLACE', Metadata });
    const head = await store.client.send(new HeadObjectCommand({ Bucket, Key: 'source' }));
    assert.deepEqual([head.Metadata, head.ContentLength], [Metadata, 7]);
  });

  it('refuse sources and directives that are none', async () => {
    await put('source', 'content');
    for (const [input, name] of [
      [{ CopySource: `${Bucket}/missing` }, 'NoSuchKey'],
      [{ CopySource: 'nobucket/source' }, 'NoSuchBucket'],
      [{ CopySource: Bucket }, 'InvalidArgument'],
      [{ CopySource: `${Bucket}/source?versionId=7` }, 'NotImplemented'],
      [{ CopySource: `${Bucket}/%ff` }, 'InvalidURI'],
      [{ MetadataDirective: 'MERGE' as 'COPY' }, 'InvalidArgument'],
    ] as const) {
      await assert.rejects(copy(input), { name }, JSON.stringify(input));
    }
    await copy({ CopySource: `/${Bucket}/source?versionId=null` });
  });

  it('of parts refuse every range that is none, or leaves the source', async () => {
    await put('source', 'content');
    const create = new CreateMultipartUploadCommand({ Bucket, Key: 'ranged' });
    const { UploadId } = await store.client.send(create);
    const upload = { Bucket, Key: 'ranged', UploadId, PartNumber: 1 };
    const send = (CopySourceRange: string) =>
      store.client.send(
        new UploadPartCopyCommand({ ...upload, CopySource: `${Bucket}/source`, CopySourceRange }),
      );
    for (const range of ['bytes=0-', 'bytes=-3', '0-3', 'bytes=a-b', 'bytes=0-1,3-4', 'bytes=']) {
      await assert.rejects(send(range), { name: 'InvalidArgument' }, range);
    }
    for (const range of ['bytes=0-7', 'bytes=7-7', 'bytes=3-2', `bytes=0-${'9'.repeat(15)}`]) {
      await assert.rejects(send(range), { name: 'InvalidRange' }, range);
    }
    await send('bytes=6-6');
  });
});

describe('listings of running uploads', () => {
  const keys = ['a', 'b/1', 'b/1', 'b/2/x', 'c/9', 'd', 'é/ü'];
  before(async () => {
    for (const name of keys) {
      const Key = `up/${name}`;
      await store.client.send(new CreateMultipartUploadCommand({ Bucket, Key }));
    }
  });

  interface Shown {
    readonly uploads: readonly string[];
    readonly prefixes: readonly string[];
  }

  async function pages(input: { MaxUploads: number; Delimiter?: string }): Promise<Shown> {
    const uploads: string[] = [];
    const prefixes: string[] = [];
    let marker: object = {};
    for (let page = 0; ; page += 1) {
      const command = { Bucket, Prefix: 'up/', ...input, ...marker };
      const answer = await store.client.send(new ListMultipartUploadsCommand(command));
      uploads.push(...(answer.Uploads ?? []).map(({ Key = '' }) => Key.slice(3)));
      prefixes.push(...(answer.CommonPrefixes ?? []).map(({ Prefix = '' }) => Prefix.slice(3)));
      assert.ok((answer.Uploads?.length ?? 0) <= input.MaxUploads);
      if (!answer.IsTruncated) return { uploads, prefixes };
      const { NextKeyMarker: KeyMarker, NextUploadIdMarker: UploadIdMarker } = answer;
      marker = { KeyMarker, UploadIdMarker };
      assert.ok(page < 20, 'the listing goes on for ever');
    }
  }

  for (const MaxUploads of [1, 2, 3, 1000]) {
    it(`show folders where a delimiter is given, ${MaxUploads} a page`, async () => {
      assert.deepEqual(await pages({ MaxUploads, Delimiter: '/' }), {
        uploads: ['a', 'd'],
        prefixes: ['b/', 'c/', 'é/'],
      });
      assert.deepEqual(await pages({ MaxUploads }), { uploads: keys, prefixes: [] });
    });
  }

  it('encode keys for whoever asks', async () => {
    const input = { Bucket, Prefix: 'up/é', EncodingType: 'url' } as const;
    const { Uploads } = await store.client.send(new ListMultipartUploadsCommand(input));
    assert.deepEqual(
      Uploads?.map(({ Key }) => Key),
      ['up/%C3%A9/%C3%BC'],
    );
  });
});
