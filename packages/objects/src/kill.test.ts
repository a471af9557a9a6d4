import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { checkFolder } from './storage/check.ts';
import { clientOf, readCredentials, spawnStore, temporaryFolder } from './test-store.ts';

const Bucket = 'valise';
const MiB = 1024 * 1024;
const ROUNDS = 6;

/** What one writer knows of its key: content it was promised, and what may stand there as well. */
interface Known {
  acknowledged: string | null;
  underWay: string | null | undefined;
}

const sha = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** Changes one key over and over by every kind of call, until a call fails. */
class Writer {
  readonly key: string;
  readonly known: Known = { acknowledged: null, underWay: undefined };
  #content: Buffer | null = null;
  #turn = 0;

  constructor(key: string) {
    this.key = key;
  }

  async run(client: S3Client, onDone: () => void): Promise<void> {
    try {
      for (;;) {
        await this.#change(client);
        onDone();
      }
    } catch {
      // The store was killed: what was under way may have come to pass or not.
    }
  }

  /** What stands at the key after a restart decides between the two. */
  settle(found: Buffer | null): void {
    const { acknowledged, underWay } = this.known;
    const hash = found && sha(found);
    assert.ok(hash === acknowledged || (underWay !== undefined && hash === underWay), this.key);
    this.known.acknowledged = hash;
    this.known.underWay = undefined;
    this.#content = found;
  }

  async #change(client: S3Client): Promise<void> {
    const Key = this.key;
    this.#turn += 1;
    const kind = this.#turn % 4;
    if (kind === 0) {
      await this.#to(null, () => client.send(new DeleteObjectCommand({ Bucket, Key })));
    } else if (kind === 3 && this.#content !== null) {
      const extended = Buffer.concat([this.#content, this.#content, randomBytes(10)]);
      await this.#to(extended, () => this.#extend(client, extended.subarray(-10)));
    } else {
      const Body = randomBytes(kind === 1 ? 300 : 5 * MiB);
      await this.#to(Body, () => client.send(new PutObjectCommand({ Bucket, Key, Body })));
    }
  }

  async #to(content: Buffer | null, work: () => Promise<unknown>): Promise<void> {
    this.known.underWay = content && sha(content);
    await work();
    this.known.acknowledged = content && sha(content);
    this.known.underWay = undefined;
    this.#content = content;
  }

  /** Twice what stands there, and a new end, by copied parts and one that is uploaded. */
  async #extend(client: S3Client, end: Buffer): Promise<void> {
    const Key = this.key;
    const copy = `${Key}.copy`;
    const CopySource = `${Bucket}/${copy}`;
    await client.send(new CopyObjectCommand({ Bucket, Key: copy, CopySource: `${Bucket}/${Key}` }));
    const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key }));
    const upload = { Bucket, Key, UploadId };
    const Parts = [];
    for (const PartNumber of [1, 2]) {
      const command = new UploadPartCopyCommand({ ...upload, PartNumber, CopySource });
      const { CopyPartResult } = await client.send(command);
      Parts.push({ PartNumber, ETag: CopyPartResult?.ETag });
    }
    const last = { ...upload, PartNumber: 3, Body: end };
    const { ETag } = await client.send(new UploadPartCommand(last));
    Parts.push({ PartNumber: 3, ETag });
    const MultipartUpload = { Parts };
    await client.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload }));
  }
}

async function read(client: S3Client, Key: string): Promise<Buffer | null> {
  try {
    const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
    return Buffer.from((await Body?.transformToByteArray()) ?? []);
  } catch (error) {
    assert.equal((error as Error).name, 'NoSuchKey');
    return null;
  }
}

describe('kill -9 while objects are put, copied, assembled and deleted', () => {
  let data: string;
  before(async () => {
    data = await temporaryFolder();
  });
  after(() => rm(data, { recursive: true }));

  it('loses nothing that was acknowledged, round after round, and leaves a sound folder', async () => {
    const writers = Array.from({ length: 6 }, (_, n) => new Writer(`key-${n}`));
    for (let round = 0; round < ROUNDS; round += 1) {
      const store = spawnStore(data);
      try {
        assert.ok(await store.listening);
        const client = clientOf(await readCredentials(join(data, 'objects')));
        for (const writer of writers) writer.settle(await read(client, writer.key));
        let done = 0;
        const onDone = (): void => {
          done += 1;
          // Another moment of the writers' work in every round.
          if (done === 8 + 5 * round) store.child.kill('SIGKILL');
        };
        await Promise.all(writers.map((writer) => writer.run(client, onDone)));
        client.destroy();
      } finally {
        store.child.kill('SIGKILL');
        await store.exited;
      }
    }
    const report = await checkFolder(join(data, 'objects'), { repair: false });
    assert.deepEqual(report.faults, []);
    const store = spawnStore(data);
    await store.listening;
    const client = clientOf(await readCredentials(join(data, 'objects')));
    for (const writer of writers) writer.settle(await read(client, writer.key));
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket }));
    const own = Contents.filter(({ Key = '' }) => !Key.endsWith('.copy')).length;
    assert.equal(own, writers.filter(({ known }) => known.acknowledged !== null).length);
    client.destroy();
    store.child.kill('SIGKILL');
    await store.exited;
  });
});
