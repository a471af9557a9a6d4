import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import {
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { checkFolder } from './storage/check.ts';
import { openStorage } from './storage/storage.ts';
import { startTestStore, type TestStore, temporaryFolder } from './test-store.ts';

/** Made by the version that wrote format 1, ended by SIGTERM: journal, blobs and its own index. */
const ARCHIVE = fileURLToPath(new URL('../fixtures/format-1.tar.gz', import.meta.url));
const Bucket = 'valise';
const expected: Readonly<Record<string, Buffer>> = {
  assembled: Buffer.concat([Buffer.alloc(5 * 1024 * 1024, 'part one '), Buffer.from('part two')]),
  copied: Buffer.alloc(200_000, 'large '),
  empty: Buffer.alloc(0),
  large: Buffer.alloc(200_000, 'large '),
  replaced: Buffer.alloc(100_000, 'new '),
  small: Buffer.from('small content'),
};

let folder: string;
before(async () => {
  folder = await temporaryFolder();
  await promisify(execFile)('tar', ['-xzf', ARCHIVE, '-C', folder]);
});
after(() => rm(folder, { recursive: true }));

async function proveContents({ client }: TestStore): Promise<void> {
  const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket }));
  const keys = Contents.map(({ Key }) => Key).filter((key) => key !== 'added');
  assert.deepEqual(keys, Object.keys(expected));
  for (const [Key, content] of Object.entries(expected)) {
    const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
    assert.ok(content.equals(Buffer.from((await Body?.transformToByteArray()) ?? [])), Key);
  }
  const head = await client.send(new HeadObjectCommand({ Bucket, Key: 'large' }));
  assert.deepEqual([head.ContentType, head.Metadata], ['text/plain', { of: 'large' }]);
  const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket }));
  assert.deepEqual(
    Uploads.map(({ Key }) => Key),
    ['begun'],
  );
  const { UploadId } = Uploads[0] ?? {};
  const parts = await client.send(new ListPartsCommand({ Bucket, Key: 'begun', UploadId }));
  assert.deepEqual(
    parts.Parts?.map(({ Size }) => Size),
    [80_000],
  );
}

describe('a folder of format 1', () => {
  it('is checked as it is: its blobs have lengths and no checksums', async () => {
    await mkdir(join(folder, 'temp'), { recursive: true });
    const report = await checkFolder(folder, { repair: false });
    assert.deepEqual([report.faults, report.objects, report.withoutCrc], [[], 6, 4]);
  });

  it('serves everything, takes more, and is one of format 2 from then on', async () => {
    const store = await startTestStore(folder);
    await proveContents(store);
    await store.client.send(new PutObjectCommand({ Bucket, Key: 'added', Body: 'x' }));
    await store.stop();
    assert.equal(await readFile(join(folder, 'store.json'), 'utf8'), '{"format":2}\n');
    const again = await startTestStore(folder);
    await proveContents(again);
    await again.stop();
  });

  it('keeps everything through a compaction, which leaves nothing of the old journal', async () => {
    const storage = await openStorage(folder, {
      onBroken(error) {
        throw error;
      },
    });
    await storage.compact();
    await storage.journal.removeRetired(Number.POSITIVE_INFINITY);
    await storage.close();
    await rm(join(folder, 'index.db'));
    const store = await startTestStore(folder);
    await proveContents(store);
    await store.stop();
    assert.deepEqual((await checkFolder(folder, { repair: false })).faults, []);
  });
});
