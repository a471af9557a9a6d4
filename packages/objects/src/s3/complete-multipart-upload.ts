import type { Decision } from '../storage/commit-queue.ts';
import { joinExtents } from '../storage/extent.ts';
import type { Checksums } from '../storage/journal-record.ts';
import type { ObjectIndex, ObjectRow, PartEntry } from '../storage/object-index.ts';
import { checksumElements, checksumType, listedChecksums, objectChecksums } from './checksums.ts';
import { checkWriteConditions } from './conditions.ts';
import { MAX_EXTENTS } from './copy-object.ts';
import { multipartEtag } from './etag.ts';
import { MAX_PARTS, requireUpload } from './multipart-uploads.ts';
import { quoted, requireBucket } from './names.ts';
import type { S3Call, S3Reply } from './s3-call.ts';
import { S3Error } from './s3-error.ts';
import { children, childText, parseXml, xmlDocument } from './xml.ts';

const MIN_PART_SIZE = 5 * 1024 * 1024;
/** S3's limit for an object. */
const MAX_OBJECT_SIZE = 5 * 1024 ** 4;

interface ListedPart {
  readonly number: number;
  readonly etag: string;
  readonly checksums: Checksums;
}

/**
 * CompleteMultipartUpload: judges the list against what was uploaded and writes a manifest, no
 * content. Repeating it gives the same answer for as long as its object stands.
 */
export async function completeMultipartUpload(call: S3Call): Promise<S3Reply> {
  const { storage, bucket, key } = call;
  const listed = parseParts(await call.body.text({ describesObject: true }));
  const { etag, checksums } = await storage.commit((index) => decide(index, call, listed));
  const content = {
    Location: call.location,
    Bucket: bucket,
    Key: key,
    ETag: quoted(etag),
    ...checksumElements(checksums),
    ChecksumType: checksumType(checksums),
  };
  return { status: 200, body: xmlDocument('CompleteMultipartUploadResult', content) };
}

function parseParts(text: string): readonly ListedPart[] {
  const request = parseXml(text, 'CompleteMultipartUpload');
  const parts = children(request, 'Part').map((entry) => {
    const number = Number(childText(entry, 'PartNumber'));
    const etag = childText(entry, 'ETag')
      ?.trim()
      .replace(/^"(.*)"$/, '$1');
    if (!Number.isInteger(number) || etag === undefined) throw new S3Error('MalformedXML');
    const checksums = listedChecksums(entry);
    return { number, etag, checksums };
  });
  if (parts.length === 0 || parts.length > MAX_PARTS) throw new S3Error('MalformedXML');
  const ordered = parts.every((part, i) => part.number > (parts[i - 1]?.number ?? 0));
  if (!ordered) throw new S3Error('InvalidPartOrder');
  return parts;
}

type Made = Pick<ObjectRow, 'etag' | 'checksums'>;

function decide(index: ObjectIndex, call: S3Call, listed: readonly ListedPart[]): Decision<Made> {
  const { bucket, key } = call;
  const current = index.object(bucket, key);
  const repeated = madeBefore(index, call, current);
  if (repeated !== null) return { records: [], result: repeated };
  const upload = requireUpload(index, call).id;
  checkWriteConditions(call.headers, current);
  const parts = matchParts(index.partsAfter(upload, 0, MAX_PARTS), listed);
  const checksums = objectChecksums(call.headers, parts);
  const size = parts.reduce((sum, part) => sum + part.size, 0);
  if (size > MAX_OBJECT_SIZE) throw new S3Error('EntityTooLarge');
  requireFewPieces(index, upload, parts);
  const etag = multipartEtag(parts.map((part) => part.etag));
  const numbers = parts.map((part) => part.number);
  const done = {
    t: 'done',
    upload,
    parts: numbers,
    size,
    etag,
    at: call.now,
    checksums,
    bucket,
    key,
  } as const;
  return { records: [done], result: { etag, checksums } };
}

/** Neighbours in one blob count once: only where the plain sum is too large they are looked at. */
function requireFewPieces(index: ObjectIndex, upload: string, parts: readonly PartEntry[]): void {
  if (parts.reduce((sum, part) => sum + part.pieces, 0) <= MAX_EXTENTS) return;
  const wanted = new Set(parts.map(({ number }) => number));
  const rows = index.parts(upload).filter(({ number }) => wanted.has(number));
  if (joinExtents(rows.map(({ extents }) => extents)).length <= MAX_EXTENTS) return;
  throw new S3Error('InvalidRequest', 'The parts are made of too many pieces.');
}

/** What stands at the key, if this very upload has made it. */
function madeBefore(
  index: ObjectIndex,
  { bucket, query }: S3Call,
  current: ObjectRow | null,
): Made | null {
  requireBucket(index, bucket);
  const uploadId = query.get('uploadId') ?? '';
  return current && current.upload === uploadId ? current : null;
}

function matchParts(
  uploaded: readonly PartEntry[],
  listed: readonly ListedPart[],
): readonly PartEntry[] {
  const byNumber = new Map(uploaded.map((part) => [part.number, part]));
  return listed.map((claim, at) => {
    const part = byNumber.get(claim.number);
    if (!part || part.etag !== claim.etag) throw new S3Error('InvalidPart');
    for (const [name, value] of Object.entries(claim.checksums)) {
      if (value !== part.checksums[name]) throw new S3Error('InvalidPart');
    }
    const last = at === listed.length - 1;
    if (!last && part.size < MIN_PART_SIZE) throw new S3Error('EntityTooSmall');
    return part;
  });
}
