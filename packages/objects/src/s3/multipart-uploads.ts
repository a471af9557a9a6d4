import { randomBytes } from 'node:crypto';
import type { ObjectIndex, UploadRow } from '../storage/object-index.ts';
import { commitStaged } from '../storage/storage.ts';
import { checksumElements, checksumHeaders } from './checksums.ts';
import { contentHeaders } from './content-headers.ts';
import { contentEtag } from './etag.ts';
import { checkKey, queryNumber, quoted, requireBucket, xmlTime } from './names.ts';
import type { S3Call, S3Reply } from './s3-call.ts';
import { S3Error } from './s3-error.ts';
import { xmlDocument } from './xml.ts';

export const MAX_PARTS = 10_000;
/** S3's limit for one page of parts or uploads. */
export const MAX_PAGE = 1000;

/** CreateMultipartUpload. */
export async function createMultipartUpload(call: S3Call): Promise<S3Reply> {
  const { storage, bucket, key, now } = call;
  checkKey(key);
  const headers = contentHeaders(call.headers);
  const upload = randomBytes(24).toString('base64url');
  await storage.commit((index) => {
    requireBucket(index, bucket);
    return { records: [{ t: 'multipart', upload, bucket, key, at: now, headers }], result: null };
  });
  const content = { Bucket: bucket, Key: key, UploadId: upload };
  return { status: 200, body: xmlDocument('InitiateMultipartUploadResult', content) };
}

/** The upload that the request names; another bucket's or key's is none. */
export function requireUpload(
  index: ObjectIndex,
  { bucket, key, query }: Pick<S3Call, 'bucket' | 'key' | 'query'>,
): UploadRow {
  requireBucket(index, bucket);
  const upload = index.upload(query.get('uploadId') ?? '');
  if (!upload || upload.bucket !== bucket || upload.key !== key) throw new S3Error('NoSuchUpload');
  return upload;
}

export function requirePartNumber(query: ReadonlyMap<string, string>): number {
  const text = query.get('partNumber') ?? '';
  const number = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (number >= 1 && number <= MAX_PARTS) return number;
  throw new S3Error('InvalidArgument', 'Part number must be an integer between 1 and 10000');
}

/** UploadPart. The last one to arrive under a number counts. */
export async function uploadPart(call: S3Call): Promise<S3Reply> {
  const { storage, query, body, now } = call;
  const number = requirePartNumber(query);
  const upload = requireUpload(storage.index, call).id;
  const staged = await storage.stage(body.chunks(), body.size());
  const digests = body.digests();
  const { checksums } = digests;
  const etag = contentEtag(digests);
  const { size, content, inline } = staged;
  const record = { t: 'part', upload, number, size, etag, at: now, checksums, ...content } as const;
  await commitStaged(storage, staged, (index) => {
    requireUpload(index, call);
    return { records: [record], ...(inline ? { inline } : {}), result: null };
  });
  return { status: 200, headers: { etag: quoted(etag), ...checksumHeaders(checksums) } };
}

/** ListParts, paged by part number. */
export function listParts(call: S3Call): S3Reply {
  const { storage, bucket, key, query } = call;
  const upload = requireUpload(storage.index, call);
  const limit = queryNumber(query, 'max-parts', { min: 0, max: MAX_PAGE, fallback: MAX_PAGE });
  const marker = queryNumber(query, 'part-number-marker', { min: 0, max: MAX_PARTS, fallback: 0 });
  const found = storage.index.partsAfter(upload.id, marker, limit + 1);
  const parts = found.slice(0, limit);
  const content = {
    Bucket: bucket,
    Key: key,
    UploadId: upload.id,
    StorageClass: 'STANDARD',
    PartNumberMarker: marker,
    NextPartNumberMarker: parts.at(-1)?.number ?? 0,
    MaxParts: limit,
    IsTruncated: limit > 0 && found.length > limit,
    Part: parts.map((part) => ({
      PartNumber: part.number,
      LastModified: xmlTime(part.modified),
      ETag: quoted(part.etag),
      Size: part.size,
      ...checksumElements(part.checksums),
    })),
  };
  return { status: 200, body: xmlDocument('ListPartsResult', content) };
}

/** AbortMultipartUpload. */
export async function abortMultipartUpload(call: S3Call): Promise<S3Reply> {
  await call.storage.commit((index) => {
    const upload = requireUpload(index, call).id;
    return { records: [{ t: 'abort', upload }], result: null };
  });
  return { status: 204 };
}
