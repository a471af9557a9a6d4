import { kindOf, member, type StoreEvent } from './store-event.ts';

/*
 * `{Records: […]}`, the shape that AWS S3 made and others took over: MinIO (which adds `EventName`
 * and `Key` beside it), Ceph, our embedded store. They differ in how they write keys.
 */

type KeyDialect = (written: string) => string | null;

/** By `eventSource`, which each sets to its own name. */
const DIALECTS: Readonly<Record<string, KeyDialect>> = {
  'aws:s3': formDecoded,
  'minio:s3': formDecoded,
  'ceph:s3': (written) => written,
};

/** The events of the message, null for each record that can't be read. Null: not of this shape. */
export function readS3Records(message: unknown): readonly (StoreEvent | null)[] | null {
  const records = member(message, 'Records');
  return Array.isArray(records) ? records.map(readRecord) : null;
}

function readRecord(record: unknown): StoreEvent | null {
  const source = member(record, 'eventSource');
  const name = member(record, 'eventName');
  const s3 = member(record, 's3');
  const bucket = member(member(s3, 'bucket'), 'name');
  const written = member(member(s3, 'object'), 'key');
  if (typeof source !== 'string' || typeof name !== 'string') return null;
  if (typeof bucket !== 'string' || typeof written !== 'string') return null;
  const key = Object.hasOwn(DIALECTS, source) ? DIALECTS[source]?.(written) : null;
  return key == null ? null : { kind: kindOf(name), bucket, key };
}

/** As a form's field is: `+` is a space. Null where that isn't UTF-8. */
function formDecoded(written: string): string | null {
  try {
    return decodeURIComponent(written.replaceAll('+', ' '));
  } catch {
    return null;
  }
}
