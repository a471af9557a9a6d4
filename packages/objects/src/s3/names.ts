import type { BucketRow, ObjectIndex } from '../storage/object-index.ts';
import { S3Error } from './s3-error.ts';

const MAX_KEY_BYTES = 1024;

/** Throws unless the bucket exists. */
export function requireBucket(index: ObjectIndex, bucket: string): BucketRow {
  const row = index.bucket(bucket);
  if (!row) throw new S3Error('NoSuchBucket');
  return row;
}

/** Keys are names, never paths: all of UTF-8 but NUL, which neither XML nor the index can hold. */
export function checkKey(key: string): void {
  if (Buffer.byteLength(key) > MAX_KEY_BYTES) throw new S3Error('KeyTooLongError');
  if (key.includes('\0')) throw new S3Error('InvalidArgument', 'A key must not contain NUL.');
}

export function checkBucketName(name: string): void {
  const valid = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) && !name.includes('..');
  if (!valid) throw new S3Error('InvalidBucketName');
}

/** A whole number of the query within its bounds; `fallback` when absent. */
export function queryNumber(
  query: ReadonlyMap<string, string>,
  name: string,
  bounds: { min: number; max: number; fallback: number },
): number {
  const text = query.get(name);
  if (text === undefined || text === '') return bounds.fallback;
  const value = Number(text);
  if (!/^\d{1,10}$/.test(text) || value < bounds.min) {
    throw new S3Error('InvalidArgument', `${name} must be a number of at least ${bounds.min}.`);
  }
  return Math.min(value, bounds.max);
}

/** S3 writes times in XML with milliseconds, in headers as HTTP dates. */
export const xmlTime = (ms: number): string => new Date(ms).toISOString();
export const httpTime = (ms: number): string => new Date(ms).toUTCString();
export const quoted = (etag: string): string => `"${etag}"`;
