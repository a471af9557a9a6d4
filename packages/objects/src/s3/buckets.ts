import { checkBucketName, requireBucket, xmlTime } from './names.ts';
import type { S3Call, S3Reply } from './s3-call.ts';
import { S3Error } from './s3-error.ts';
import { xmlDocument } from './xml.ts';

/** ListBuckets. */
export function listBuckets({ storage }: S3Call): S3Reply {
  const buckets = storage.index
    .buckets()
    .map(({ name, created }) => ({ Name: name, CreationDate: xmlTime(created) }));
  const owner = { ID: 'valise', DisplayName: 'valise' };
  const content = { Owner: owner, Buckets: { Bucket: buckets } };
  return { status: 200, body: xmlDocument('ListAllMyBucketsResult', content) };
}

/** HeadBucket. */
export function headBucket({ storage, bucket }: S3Call): S3Reply {
  requireBucket(storage.index, bucket);
  return { status: 200, headers: { 'x-amz-bucket-region': 'valise' } };
}

/** GetBucketLocation. */
export function bucketLocation({ storage, bucket }: S3Call): S3Reply {
  requireBucket(storage.index, bucket);
  const body = xmlDocument('LocationConstraint', {});
  return {
    status: 200,
    body: body.replace('></LocationConstraint>', '>valise</LocationConstraint>'),
  };
}

/** GetBucketVersioning: never enabled here. */
export function bucketVersioning({ storage, bucket }: S3Call): S3Reply {
  requireBucket(storage.index, bucket);
  return { status: 200, body: xmlDocument('VersioningConfiguration', {}) };
}

/** CreateBucket: one's own existing bucket is fine. */
export async function createBucket({ storage, bucket, now }: S3Call): Promise<S3Reply> {
  checkBucketName(bucket);
  await storage.commit((index) => ({
    records: index.bucket(bucket) ? [] : [{ t: 'bucket', name: bucket, at: now }],
    result: null,
  }));
  return { status: 200, headers: { location: `/${bucket}` } };
}

/** DeleteBucket: only an empty one. */
export async function deleteBucket({ storage, bucket }: S3Call): Promise<S3Reply> {
  await storage.commit((index) => {
    requireBucket(index, bucket);
    if (!index.isEmpty(bucket)) throw new S3Error('BucketNotEmpty');
    return { records: [{ t: 'unbucket', name: bucket }], result: null };
  });
  return { status: 204 };
}
