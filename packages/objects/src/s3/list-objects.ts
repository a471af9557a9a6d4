import type { ObjectEntry, ObjectIndex } from '../storage/object-index.ts';
import { commonPrefix, nameEncoder, successor } from './key-prefix.ts';
import { queryNumber, quoted, requireBucket, xmlTime } from './names.ts';
import type { S3Call, S3Reply } from './s3-call.ts';
import { S3Error } from './s3-error.ts';
import { xmlDocument } from './xml.ts';

const MAX_KEYS = 1000;
/** There is one owner; the first version always names it, the second when asked. */
const OWNED = { Owner: { ID: 'valise', DisplayName: 'valise' } };

interface Page {
  readonly objects: readonly ObjectEntry[];
  readonly prefixes: readonly string[];
  /** The last key or common prefix given out, when there is more. */
  readonly next: string | null;
}

/** ListObjectsV2. The continuation token is the last name given out, in base64url. */
export function listObjectsV2({ storage, bucket, query }: S3Call): S3Reply {
  requireBucket(storage.index, bucket);
  const token = query.get('continuation-token');
  const startAfter = query.get('start-after') ?? '';
  const after = token === undefined ? startAfter : decodeToken(token);
  const { page, maxKeys, shared } = list(storage.index, bucket, { query, after });
  const content = {
    ...shared,
    StartAfter: query.get('start-after'),
    ContinuationToken: token,
    NextContinuationToken:
      page.next === null ? undefined : Buffer.from(page.next).toString('base64url'),
    KeyCount: page.objects.length + page.prefixes.length,
    MaxKeys: maxKeys,
  };
  return { status: 200, body: xmlDocument('ListBucketResult', content) };
}

/** ListObjects, the first version, which some tools still speak. */
export function listObjectsV1({ storage, bucket, query }: S3Call): S3Reply {
  requireBucket(storage.index, bucket);
  const after = query.get('marker') ?? '';
  const { page, maxKeys, shared, name } = list(storage.index, bucket, { query, after });
  const content = {
    ...shared,
    Marker: name(after),
    NextMarker: page.next === null ? undefined : name(page.next),
    MaxKeys: maxKeys,
  };
  return { status: 200, body: xmlDocument('ListBucketResult', content) };
}

function list(
  index: ObjectIndex,
  bucket: string,
  { query, after }: { query: S3Call['query']; after: string },
) {
  const encoding = query.get('encoding-type');
  const name = nameEncoder(encoding);
  const maxKeys = queryNumber(query, 'max-keys', { min: 0, max: MAX_KEYS, fallback: MAX_KEYS });
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const page = collect(index, bucket, { prefix, delimiter, after, maxKeys });
  const shared = {
    Name: bucket,
    Prefix: name(prefix),
    Delimiter: delimiter === '' ? undefined : name(delimiter),
    EncodingType: encoding,
    IsTruncated: page.next !== null,
    Contents: page.objects.map((object) => ({
      Key: name(object.key),
      LastModified: xmlTime(object.modified),
      ETag: quoted(object.etag),
      Size: object.size,
      ...(query.get('list-type') !== '2' || query.get('fetch-owner') === 'true' ? OWNED : {}),
      StorageClass: 'STANDARD',
    })),
    CommonPrefixes: page.prefixes.map((common) => ({ Prefix: name(common) })),
  };
  return { page, maxKeys, shared, name };
}

/** Walks the keys in order; below a common prefix it seeks past all of them at once. */
function collect(
  index: ObjectIndex,
  bucket: string,
  wanted: { prefix: string; delimiter: string; after: string; maxKeys: number },
): Page {
  const { prefix, delimiter, after, maxKeys } = wanted;
  const objects: ObjectEntry[] = [];
  const prefixes: string[] = [];
  const until = successor(prefix);
  let last = after;
  let { from, inclusive } = firstSeek(wanted);
  for (;;) {
    const room = maxKeys - objects.length - prefixes.length;
    // One more than fits tells whether there is more.
    const rows = index.objectsFrom(bucket, { from, inclusive, until, limit: room + 1 });
    let jumped = false;
    for (const row of rows) {
      const common = commonPrefix(row.key, prefix, delimiter);
      if (objects.length + prefixes.length === maxKeys) {
        return { objects, prefixes, next: maxKeys === 0 ? null : last };
      }
      last = common ?? row.key;
      if (common === null) {
        objects.push(row);
        continue;
      }
      prefixes.push(common);
      const beyond = successor(common);
      if (beyond === null) return { objects, prefixes, next: null };
      from = beyond;
      inclusive = true;
      jumped = true;
      break;
    }
    if (!jumped) return { objects, prefixes, next: null };
  }
}

/** Where to start: at the prefix, or after what a former page ended with. */
function firstSeek(wanted: { prefix: string; delimiter: string; after: string }): {
  from: string;
  inclusive: boolean;
} {
  const { prefix, delimiter, after } = wanted;
  if (compareKeys(after, prefix) < 0 || after === '') return { from: prefix, inclusive: true };
  // A page that ended with a common prefix goes on behind everything below it.
  const common = commonPrefix(after, prefix, delimiter);
  const beyond = common === after ? successor(common) : null;
  return beyond === null ? { from: after, inclusive: false } : { from: beyond, inclusive: true };
}

/** Keys are ordered by their UTF-8 bytes, which for JavaScript's UTF-16 strings is another order. */
function compareKeys(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function decodeToken(token: string): string {
  if (!/^[A-Za-z0-9_-]+$/.test(token)) {
    throw new S3Error('InvalidArgument', 'The continuation token is not one of ours.');
  }
  return Buffer.from(token, 'base64url').toString('utf8');
}
