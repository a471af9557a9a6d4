import { checkKey, requireBucket } from './names.ts';
import type { S3Call, S3Reply } from './s3-call.ts';
import { S3Error } from './s3-error.ts';
import { children, childText, parseXml, xmlDocument } from './xml.ts';

/** S3's limit for one DeleteObjects call. */
const MAX_KEYS = 1000;

/** DeleteObject: 204 whether or not it was there. */
export async function deleteObject({ storage, bucket, key, now }: S3Call): Promise<S3Reply> {
  requireBucket(storage.index, bucket);
  await remove(storage, bucket, { keys: [key], at: now });
  return { status: 204 };
}

/** DeleteObjects. */
export async function deleteObjects({ storage, bucket, body, now }: S3Call): Promise<S3Reply> {
  requireBucket(storage.index, bucket);
  const request = parseXml(await body.text(), 'Delete');
  const keys = children(request, 'Object').map((entry) => childText(entry, 'Key'));
  if (keys.length === 0 || keys.length > MAX_KEYS) throw new S3Error('MalformedXML');
  const named = keys.filter((key) => key !== undefined);
  if (named.length < keys.length) throw new S3Error('MalformedXML');
  for (const key of named) checkKey(key);
  await remove(storage, bucket, { keys: named, at: now });
  const quiet = childText(request, 'Quiet') === 'true';
  const deleted = quiet ? [] : named.map((key) => ({ Key: key }));
  return { status: 200, body: xmlDocument('DeleteResult', { Deleted: deleted }) };
}

function remove(
  storage: S3Call['storage'],
  bucket: string,
  { keys, at }: { keys: readonly string[]; at: number },
): Promise<null> {
  return storage.commit((index) => ({
    records: [...new Set(keys)]
      .filter((key) => index.object(bucket, key))
      .map((key) => ({ t: 'del', bucket, key, at }) as const),
    result: null,
  }));
}
