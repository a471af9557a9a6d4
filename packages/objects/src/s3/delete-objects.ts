import { checkWriteConditions } from './conditions.ts';
import { checkKey, requireBucket } from './names.ts';
import type { S3Call, S3Reply } from './s3-call.ts';
import { S3Error } from './s3-error.ts';
import { children, childText, parseXml, xmlDocument } from './xml.ts';

/** S3's limit for one DeleteObjects call. */
const MAX_KEYS = 1000;

interface Deletion {
  readonly key: string;
  /** Given, only the object that has it goes. */
  readonly etag: string | undefined;
}

/** DeleteObject: 204 whether or not it was there. */
export async function deleteObject(call: S3Call): Promise<S3Reply> {
  const { storage, bucket, key, headers } = call;
  requireBucket(storage.index, bucket);
  const [refused] = await remove(call, [{ key, etag: headers.get('if-match') }]);
  if (refused) throw refused;
  return { status: 204 };
}

/** DeleteObjects: each key has its own outcome. */
export async function deleteObjects(call: S3Call): Promise<S3Reply> {
  requireBucket(call.storage.index, call.bucket);
  const request = parseXml(await call.body.text(), 'Delete');
  const deletions = children(request, 'Object').map(parseDeletion);
  if (deletions.length === 0 || deletions.length > MAX_KEYS) throw new S3Error('MalformedXML');
  const outcomes = await remove(call, deletions);
  const quiet = childText(request, 'Quiet') === 'true';
  const content = {
    Deleted: deletions.flatMap(({ key }, at) => (quiet || outcomes[at] ? [] : [{ Key: key }])),
    Error: deletions.flatMap(({ key }, at) => {
      const error = outcomes[at];
      return error ? [{ Key: key, Code: error.code, Message: error.message }] : [];
    }),
  };
  return { status: 200, body: xmlDocument('DeleteResult', content) };
}

function parseDeletion(entry: unknown): Deletion {
  const key = childText(entry, 'Key');
  if (key === undefined || key === '') throw new S3Error('MalformedXML');
  const version = childText(entry, 'VersionId');
  if (version !== undefined && version !== 'null') throw new S3Error('NotImplemented');
  return { key, etag: childText(entry, 'ETag') };
}

/** All in one decision; answers for each why it was refused, null when it is gone. */
function remove(
  { storage, bucket, now }: S3Call,
  deletions: readonly Deletion[],
): Promise<readonly (S3Error | null)[]> {
  return storage.commit((index) => {
    requireBucket(index, bucket);
    const gone = new Set<string>();
    const outcomes = deletions.map(({ key, etag }) => {
      try {
        checkKey(key);
        const current = gone.has(key) ? null : index.object(bucket, key);
        if (current === null) return null;
        if (etag !== undefined) checkWriteConditions(new Map([['if-match', etag]]), current);
        gone.add(key);
        return null;
      } catch (error) {
        if (error instanceof S3Error) return error;
        throw error;
      }
    });
    const records = [...gone].map((key) => ({ t: 'del', bucket, key, at: now }) as const);
    return { records, result: outcomes };
  });
}
