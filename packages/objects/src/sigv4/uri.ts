import { S3Error } from '../s3/s3-error.ts';

/** Percent-encodes as SigV4 wants it: everything but A–Z a–z 0–9 - . _ ~. */
export function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw new S3Error('InvalidURI', undefined, { cause });
  }
}

export interface Target {
  /** `/`-separated segments, each encoded anew: what the signature covers. Never normalised. */
  readonly canonicalPath: string;
  /** The decoded path without its leading slash. `.`, `..` and empty segments mean themselves. */
  readonly path: string;
  /** Decoded names and values, in the order given. */
  readonly query: readonly (readonly [name: string, value: string])[];
}

/**
 * Reads a raw request target. An encoded slash stays apart from a plain one in the canonical path,
 * so a signature for one is none for the other, though both name the same key.
 */
export function parseTarget(target: string): Target {
  const mark = target.indexOf('?');
  const rawPath = mark < 0 ? target : target.slice(0, mark);
  if (!rawPath.startsWith('/')) throw new S3Error('InvalidURI');
  const segments = rawPath.split('/').map(decode);
  return {
    canonicalPath: segments.map(encode).join('/'),
    path: segments.join('/').slice(1),
    query: mark < 0 ? [] : parseQuery(target.slice(mark + 1)),
  };
}

function parseQuery(raw: string): [string, string][] {
  const pairs: [string, string][] = [];
  for (const piece of raw.split('&')) {
    if (piece === '') continue;
    const equals = piece.indexOf('=');
    const name = equals < 0 ? piece : piece.slice(0, equals);
    const value = equals < 0 ? '' : piece.slice(equals + 1);
    pairs.push([decode(name.replaceAll('+', ' ')), decode(value.replaceAll('+', ' '))]);
  }
  return pairs;
}

/** The query as SigV4 covers it: encoded, sorted by name and value, without the signature. */
export function canonicalQuery(query: Target['query']): string {
  return query
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .sort((a, b) => compare(a[0], b[0]) || compare(a[1], b[1]))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
