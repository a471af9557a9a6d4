import { httpTime, quoted } from './names.ts';
import { S3Error } from './s3-error.ts';

type Headers = ReadonlyMap<string, string>;
interface Current {
  readonly etag: string;
  readonly modified: number;
}

/** Whether a list like `"a", W/"b"` or `*` names the ETag. */
function names(list: string, etag: string): boolean {
  return list
    .split(',')
    .map((item) =>
      item
        .trim()
        .replace(/^W\//, '')
        .replace(/^"(.*)"$/, '$1'),
    )
    .some((item) => item === '*' || item === etag);
}

/** Judges `If-None-Match: *` and `If-Match` of a write against what stands at the key. */
export function checkWriteConditions(headers: Headers, current: Current | null): void {
  const noneMatch = headers.get('if-none-match');
  if (noneMatch !== undefined && noneMatch.trim() !== '*') {
    throw new S3Error('NotImplemented', 'If-None-Match of a write must be *.');
  }
  if (noneMatch !== undefined && current) throw new S3Error('PreconditionFailed');
  const match = headers.get('if-match');
  if (match === undefined) return;
  if (!current) throw new S3Error('NoSuchKey');
  if (!names(match, current.etag)) throw new S3Error('PreconditionFailed');
}

/**
 * Judges the conditions of a read, in RFC 9110's order. `prefix` is `x-amz-copy-source-` for the
 * source of a copy; there a 304 is a 412.
 */
export function checkReadConditions(headers: Headers, current: Current, prefix = ''): void {
  const unchanged = (): S3Error =>
    prefix === '' ? notModified(current) : new S3Error('PreconditionFailed');
  const seconds = Math.floor(current.modified / 1000) * 1000;
  const match = headers.get(`${prefix}if-match`);
  const noneMatch = headers.get(`${prefix}if-none-match`);
  if (match !== undefined) {
    if (!names(match, current.etag)) throw new S3Error('PreconditionFailed');
  } else {
    const since = Date.parse(headers.get(`${prefix}if-unmodified-since`) ?? '');
    if (seconds > since) throw new S3Error('PreconditionFailed');
  }
  if (noneMatch !== undefined) {
    if (names(noneMatch, current.etag)) throw unchanged();
  } else {
    const since = Date.parse(headers.get(`${prefix}if-modified-since`) ?? '');
    if (seconds <= since) throw unchanged();
  }
}

/** A cache that asks whether what it has is still right is told what that is. */
function notModified({ etag, modified }: Current): S3Error {
  const headers = { etag: quoted(etag), 'last-modified': httpTime(modified) };
  return new S3Error('NotModified', undefined, { headers });
}

/** Whether a Range may be served: no If-Range, or it names what is there. */
export function rangeApplies(headers: Headers, current: Current): boolean {
  const condition = headers.get('if-range');
  if (condition === undefined) return true;
  if (condition.includes('"')) return condition === `"${current.etag}"`;
  return Math.floor(current.modified / 1000) * 1000 === Date.parse(condition);
}
