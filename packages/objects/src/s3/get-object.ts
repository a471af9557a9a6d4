import { sliceExtents } from '../storage/extent.ts';
import type { ObjectRow } from '../storage/object-index.ts';
import { checksumHeaders } from './checksums.ts';
import { checkReadConditions, rangeApplies } from './conditions.ts';
import { answerHeaders } from './content-headers.ts';
import { requirePartNumber } from './multipart-uploads.ts';
import { checkKey, httpTime, quoted, requireBucket } from './names.ts';
import { type ByteRange, parseRange } from './range.ts';
import type { S3Call, S3Reply } from './s3-call.ts';
import { S3Error } from './s3-error.ts';

/** GetObject. */
export function getObject(call: S3Call): S3Reply {
  const { row, range, reply } = answer(call);
  if (row.size === 0) return reply;
  const start = range?.start ?? 0;
  const length = range ? range.end - range.start + 1 : row.size;
  // Opened in the same tick as the lookup: no deletion can come in between.
  return { ...reply, body: call.storage.open(sliceExtents(row.extents, start, length)) };
}

/** HeadObject. */
export function headObject(call: S3Call): S3Reply {
  return answer(call).reply;
}

function answer(call: S3Call): { row: ObjectRow; range: ByteRange | null; reply: S3Reply } {
  const { storage, bucket, key, headers, query } = call;
  requireBucket(storage.index, bucket);
  checkKey(key);
  const row = storage.index.object(bucket, key);
  if (!row) throw new S3Error('NoSuchKey');
  checkReadConditions(headers, row);
  const part = query.has('partNumber') ? partRange(row, call) : null;
  const wanted = rangeApplies(headers, row) ? headers.get('range') : undefined;
  const range = part ?? (wanted === undefined ? null : parseRange(wanted, row.size));
  // Checksums cover the whole object: beside a range they would only mislead.
  const withChecksums = !range && headers.get('x-amz-checksum-mode')?.toUpperCase() === 'ENABLED';
  const reply = {
    status: range ? 206 : 200,
    headers: {
      ...answerHeaders(row.headers, query),
      ...(withChecksums ? checksumHeaders(row.checksums) : {}),
      ...(part && row.parts ? { 'x-amz-mp-parts-count': String(row.parts.length) } : {}),
      'content-length': String(range ? range.end - range.start + 1 : row.size),
      ...(range ? { 'content-range': `bytes ${range.start}-${range.end}/${row.size}` } : {}),
      'accept-ranges': 'bytes',
      etag: quoted(row.etag),
      'last-modified': httpTime(row.modified),
      'x-content-type-options': 'nosniff',
    },
  };
  return { row, range, reply };
}

/** The bytes of one part, as it was uploaded; an object that was put is its own only part. */
function partRange(row: ObjectRow, { query, headers }: S3Call): ByteRange | null {
  if (headers.has('range')) {
    throw new S3Error('InvalidRequest', 'Range and partNumber exclude each other.');
  }
  const wanted = requirePartNumber(query);
  let start = 0;
  for (const [number, size] of row.parts ?? [[1, row.size]]) {
    if (number === wanted) return size === 0 ? null : { start, end: start + size - 1 };
    start += size;
  }
  throw new S3Error('InvalidPartNumber');
}
