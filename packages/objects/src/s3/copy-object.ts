import { parseTarget } from '../sigv4/uri.ts';
import { type Extents, sliceExtents } from '../storage/extent.ts';
import type { ObjectIndex, ObjectRow } from '../storage/object-index.ts';
import { contentChecksums } from './checksums.ts';
import { checkReadConditions, checkWriteConditions } from './conditions.ts';
import { contentHeaders } from './content-headers.ts';
import { multipartEtag } from './etag.ts';
import { requirePartNumber, requireUpload } from './multipart-uploads.ts';
import { checkKey, quoted, requireBucket, xmlTime } from './names.ts';
import type { S3Call, S3Reply } from './s3-call.ts';
import { S3Error } from './s3-error.ts';
import { xmlDocument } from './xml.ts';

/** S3's limit for copying an object in one call. */
const MAX_COPY = 5 * 1024 ** 3;
/** Keeps a manifest within one journal record. */
export const MAX_EXTENTS = 50_000;

/** CopyObject: a new manifest over the same blobs; no content moves. */
export async function copyObject(call: S3Call): Promise<S3Reply> {
  const { storage, bucket, key, headers, now } = call;
  checkKey(key);
  const replaces = replacesMetadata(headers);
  const given = contentHeaders(headers);
  const etag = await storage.commit((index) => {
    requireBucket(index, bucket);
    const source = copySource(index, headers);
    requireCopyable(source.size);
    if (!replaces && source.bucket === bucket && source.key === key) {
      throw new S3Error('InvalidRequest', 'A copy onto itself must replace the metadata.');
    }
    checkWriteConditions(headers, index.object(bucket, key));
    const { size, etag, checksums } = source;
    const kept = replaces ? given : source.headers;
    const extents = limited(source.extents);
    const facts = { bucket, key, size, etag, at: now, extents, headers: kept, checksums };
    return { records: [{ t: 'put', ...facts, copied: true }], result: etag };
  });
  const content = { LastModified: xmlTime(now), ETag: quoted(etag) };
  return { status: 200, body: xmlDocument('CopyObjectResult', content) };
}

/** UploadPartCopy: a part that is a byte range of an existing object; no content moves. */
export async function uploadPartCopy(call: S3Call): Promise<S3Reply> {
  const { storage, query, headers, now } = call;
  const number = requirePartNumber(query);
  const etag = await storage.commit((index) => {
    const upload = requireUpload(index, call).id;
    const source = copySource(index, headers);
    const { start, size } = copyRange(headers.get('x-amz-copy-source-range'), source.size);
    requireCopyable(size);
    const extents = limited(sliceExtents(source.extents, start, size));
    const whole = size === source.size;
    const etag = whole ? source.etag : multipartEtag([source.etag, `${start}+${size}`]);
    const checksums = whole ? contentChecksums(source.checksums) : {};
    const part = { t: 'part', upload, number, size, etag, at: now, extents, checksums } as const;
    return { records: [part], result: etag };
  });
  const content = { LastModified: xmlTime(now), ETag: quoted(etag) };
  return { status: 200, body: xmlDocument('CopyPartResult', content) };
}

function replacesMetadata(headers: S3Call['headers']): boolean {
  const directive = headers.get('x-amz-metadata-directive') ?? 'COPY';
  if (directive !== 'COPY' && directive !== 'REPLACE') {
    throw new S3Error('InvalidArgument', 'x-amz-metadata-directive must be COPY or REPLACE.');
  }
  return directive === 'REPLACE';
}

function requireCopyable(size: number): void {
  if (size <= MAX_COPY) return;
  throw new S3Error('InvalidRequest', 'The copy source is larger than 5 GiB.');
}

function copySource(
  index: ObjectIndex,
  headers: S3Call['headers'],
): ObjectRow & { readonly bucket: string } {
  const raw = headers.get('x-amz-copy-source') ?? '';
  const { path, query } = parseTarget(raw.startsWith('/') ? raw : `/${raw}`);
  const isPlain = query.every(([name, value]) => name === 'versionId' && value === 'null');
  if (!isPlain) throw new S3Error('NotImplemented', 'Versions are not known here.');
  const slash = path.indexOf('/');
  if (slash <= 0) throw new S3Error('InvalidArgument', 'x-amz-copy-source must be bucket/key.');
  const bucket = path.slice(0, slash);
  requireBucket(index, bucket);
  const source = index.object(bucket, path.slice(slash + 1));
  if (!source) throw new S3Error('NoSuchKey');
  checkReadConditions(headers, source, 'x-amz-copy-source-');
  return { ...source, bucket };
}

function copyRange(header: string | undefined, size: number): { start: number; size: number } {
  if (header === undefined) return { start: 0, size };
  const match = /^bytes=(\d{1,15})-(\d{1,15})$/.exec(header);
  if (!match) throw new S3Error('InvalidArgument', 'x-amz-copy-source-range must be bytes=a-b.');
  const [start, end] = [Number(match[1]), Number(match[2])];
  if (end < start || end >= size) throw new S3Error('InvalidRange');
  return { start, size: end - start + 1 };
}

function limited(extents: Extents): Extents {
  if (extents.length <= MAX_EXTENTS) return extents;
  throw new S3Error('InvalidRequest', 'The source is made of too many pieces to be copied.');
}
