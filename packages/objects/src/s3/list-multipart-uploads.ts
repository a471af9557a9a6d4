import type { ObjectIndex, UploadRow } from '../storage/object-index.ts';
import { commonPrefix, nameEncoder, successor } from './key-prefix.ts';
import { MAX_PAGE } from './multipart-uploads.ts';
import { queryNumber, requireBucket, xmlTime } from './names.ts';
import type { S3Call, S3Reply } from './s3-call.ts';
import { xmlDocument } from './xml.ts';

/** Where a page ends or begins; the id is '' behind a common prefix. */
interface Marker {
  readonly key: string;
  readonly id: string;
}

interface Page {
  readonly uploads: readonly UploadRow[];
  readonly prefixes: readonly string[];
  /** Null when there are no more. */
  readonly next: Marker | null;
}

/** ListMultipartUploads, paged by (key, upload id), with common prefixes. */
export function listMultipartUploads({ storage, bucket, query }: S3Call): S3Reply {
  requireBucket(storage.index, bucket);
  const encoding = query.get('encoding-type');
  const name = nameEncoder(encoding);
  const limit = queryNumber(query, 'max-uploads', { min: 0, max: MAX_PAGE, fallback: MAX_PAGE });
  const key = query.get('key-marker') ?? '';
  // Without an upload id the marker means: after all uploads of that key.
  const id = query.get('upload-id-marker') || (key === '' ? '' : '\u{10ffff}');
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const page = collect(storage.index, bucket, { prefix, delimiter, limit, after: { key, id } });
  const content = {
    Bucket: bucket,
    KeyMarker: name(key),
    UploadIdMarker: query.get('upload-id-marker') ?? '',
    NextKeyMarker: page.next === null ? undefined : name(page.next.key),
    NextUploadIdMarker: page.next?.id,
    Prefix: name(prefix),
    Delimiter: delimiter === '' ? undefined : name(delimiter),
    EncodingType: encoding,
    MaxUploads: limit,
    IsTruncated: page.next !== null,
    Upload: page.uploads.map((upload) => ({
      Key: name(upload.key),
      UploadId: upload.id,
      StorageClass: 'STANDARD',
      Initiated: xmlTime(upload.created),
    })),
    CommonPrefixes: page.prefixes.map((common) => ({ Prefix: name(common) })),
  };
  return { status: 200, body: xmlDocument('ListMultipartUploadsResult', content) };
}

/** Walks the uploads in order; below a common prefix it seeks past all of them at once. */
function collect(
  index: ObjectIndex,
  bucket: string,
  wanted: { prefix: string; delimiter: string; after: Marker; limit: number },
): Page {
  const { prefix, delimiter, limit } = wanted;
  const uploads: UploadRow[] = [];
  const prefixes: string[] = [];
  let last: Marker | null = null;
  let from: Marker | null = firstSeek(wanted);
  while (from !== null && limit > 0) {
    const room = limit - uploads.length - prefixes.length;
    // One more than fits tells whether there is more.
    const rows = index.uploadsAfter(bucket, { ...from, prefix, limit: room + 1 });
    from = null;
    for (const row of rows) {
      if (uploads.length + prefixes.length === limit) return { uploads, prefixes, next: last };
      const common = commonPrefix(row.key, prefix, delimiter);
      last = common === null ? row : { key: common, id: '' };
      if (common === null) {
        uploads.push(row);
        continue;
      }
      prefixes.push(common);
      from = behind(common);
      break;
    }
  }
  return { uploads, prefixes, next: null };
}

/** A page that ended with a common prefix goes on behind everything below it. */
function firstSeek(wanted: { prefix: string; delimiter: string; after: Marker }): Marker | null {
  const { prefix, delimiter, after } = wanted;
  const isCommon = commonPrefix(after.key, prefix, delimiter) === after.key;
  return isCommon ? behind(after.key) : after;
}

function behind(prefix: string): Marker | null {
  const key = successor(prefix);
  return key === null ? null : { key, id: '' };
}
