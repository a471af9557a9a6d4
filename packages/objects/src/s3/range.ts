import { S3Error } from './s3-error.ts';

/** Both ends included. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Reads a `Range` header for content of `size` bytes. Null (the whole content) for other units,
 * several ranges or nonsense, as RFC 9110 and S3 have it. Throws InvalidRange if nothing of the
 * content is asked for; of an empty object that is always so.
 */
export function parseRange(header: string, size: number): ByteRange | null {
  const match = /^bytes=\s*(\d*)\s*-\s*(\d*)\s*$/i.exec(header);
  const [, first = '', last = ''] = match ?? [];
  if (!match || (first === '' && last === '')) return null;
  if (first === '') {
    const length = Math.min(Number(last), size);
    if (length === 0) throw new S3Error('InvalidRange');
    return { start: size - length, end: size - 1 };
  }
  const start = Number(first);
  if (last !== '' && Number(last) < start) return null;
  if (start >= size) throw new S3Error('InvalidRange');
  return { start, end: last === '' ? size - 1 : Math.min(Number(last), size - 1) };
}
