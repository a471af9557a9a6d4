import { randomUUID } from 'node:crypto';
import { after, before, describe } from 'node:test';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { type ContractStore, connect, type StoreAccess } from './contract-store.ts';
import type { KnownDifferences } from './known-differences.ts';
import { multipartContract } from './multipart.contract.ts';
import { objectsContract } from './objects.contract.ts';
import { presignedContract } from './presigned.contract.ts';

/** The S3 that Valise relies on, seen through the AWS SDK; the same checks for every store. */
export function s3Contract(access: () => StoreAccess, differences: KnownDifferences): void {
  let store: ContractStore;
  before(async () => {
    const client = connect(access());
    const bucket = `contract-${randomUUID()}`;
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
    store = { client, bucket, differences };
  });
  after(() => store.client.destroy());

  describe('objects', () => objectsContract(() => store));
  describe('multipart uploads', () => multipartContract(() => store));
  describe('presigned URLs', () => presignedContract(() => store));
}
