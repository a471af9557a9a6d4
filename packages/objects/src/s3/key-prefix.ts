import { encode } from '../sigv4/uri.ts';
import { S3Error } from './s3-error.ts';

/** What a listing by folders shows instead of the key; null when that is the key itself. */
export function commonPrefix(key: string, prefix: string, delimiter: string): string | null {
  if (delimiter === '' || !key.startsWith(prefix)) return null;
  const at = key.indexOf(delimiter, prefix.length);
  return at < 0 ? null : key.slice(0, at + delimiter.length);
}

/** The smallest string greater than everything that starts with `prefix`; null if there is none. */
export function successor(prefix: string): string | null {
  const points = [...prefix];
  for (let last = points.pop(); last !== undefined; last = points.pop()) {
    const point = last.codePointAt(0) ?? 0;
    // The surrogates between are no characters.
    const next = point === 0xd7ff ? 0xe000 : point + 1;
    if (next <= 0x10ffff) return points.join('') + String.fromCodePoint(next);
  }
  return null;
}

/** XML can't hold every key that S3 allows; clients that ask for it get them percent-encoded. */
export function nameEncoder(encoding: string | undefined): (text: string) => string {
  if (encoding === undefined) return (text) => text;
  if (encoding !== 'url') throw new S3Error('InvalidArgument', 'encoding-type must be url.');
  return (text) => encode(text).replaceAll('%2F', '/');
}
