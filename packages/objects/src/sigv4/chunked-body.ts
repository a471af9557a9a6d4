import { createHash } from 'node:crypto';
import { S3Error } from '../s3/s3-error.ts';
import { ByteReader } from './byte-reader.ts';
import { type SigningKeys, sameSignature, scopeText, sha256Hex } from './signing-key.ts';
import type { SeedSignature } from './verify-request.ts';

const MAX_CHUNK_HEADER = 256;
const MAX_TRAILER_LINE = 1024;
const MAX_TRAILERS = 8;
const EMPTY_HASH = sha256Hex('');

export interface ChunkedOptions {
  /** Null for the unsigned form. */
  readonly signing: { readonly keys: SigningKeys; readonly seed: SeedSignature } | null;
  readonly hasTrailer: boolean;
  /** Filled in with the trailer's fields once the content is through. */
  readonly trailers: Map<string, string>;
}

/**
 * Decodes an `aws-chunked` body: `<hex size>[;chunk-signature=<hex>] CRLF <bytes> CRLF` …, a chunk
 * of size 0, trailer lines, an empty line. Each signature covers its predecessor, the first the
 * request's. A chunk's bytes are handed on before its signature is known: whoever stores them must
 * not name them before this ends without an error.
 */
export async function* decodeChunked(
  source: AsyncIterable<Buffer>,
  options: ChunkedOptions,
): AsyncGenerator<Buffer> {
  const reader = new ByteReader(source);
  try {
    let previous = options.signing?.seed.signature ?? '';
    for (;;) {
      const { size, signature } = parseChunkHeader(await reader.line(MAX_CHUNK_HEADER));
      const digest = options.signing ? createHash('sha256') : null;
      for (let left = size; left > 0; ) {
        const bytes = await reader.take(left);
        digest?.update(bytes);
        left -= bytes.length;
        yield bytes;
      }
      if (options.signing && digest) {
        checkChunk(options.signing, { previous, signature, hash: digest.digest('hex') });
        previous = signature;
      }
      if (size === 0) break;
      if ((await reader.line(0)) !== '') throw new S3Error('InvalidRequest');
    }
    await readTrailers(reader, previous, options);
    await reader.expectEnd();
  } finally {
    await reader.close();
  }
}

function parseChunkHeader(line: string): { size: number; signature: string } {
  const match = /^([0-9a-fA-F]{1,12})(?:;chunk-signature=([0-9a-f]{64}))?$/.exec(line);
  if (!match?.[1]) throw new S3Error('InvalidRequest', 'A chunk header is malformed.');
  return { size: Number.parseInt(match[1], 16), signature: match[2] ?? '' };
}

function checkChunk(
  { keys, seed }: { keys: SigningKeys; seed: SeedSignature },
  chunk: { previous: string; signature: string; hash: string },
): void {
  const expected = keys.sign(
    seed.scope,
    [
      'AWS4-HMAC-SHA256-PAYLOAD',
      seed.timestamp,
      scopeText(seed.scope),
      chunk.previous,
      EMPTY_HASH,
      chunk.hash,
    ].join('\n'),
  );
  if (!sameSignature(expected, chunk.signature)) throw new S3Error('SignatureDoesNotMatch');
}

async function readTrailers(
  reader: ByteReader,
  previous: string,
  { signing, hasTrailer, trailers }: ChunkedOptions,
): Promise<void> {
  let covered = '';
  let signature: string | null = null;
  for (let line = await reader.line(MAX_TRAILER_LINE); line !== ''; ) {
    const colon = line.indexOf(':');
    if (colon <= 0 || trailers.size >= MAX_TRAILERS) throw new S3Error('MalformedTrailerError');
    const name = line.slice(0, colon).trim().toLowerCase();
    const value = line.slice(colon + 1).trim();
    if (name === 'x-amz-trailer-signature') {
      signature = value;
    } else {
      covered += `${name}:${value}\n`;
      trailers.set(name, value);
    }
    line = await reader.line(MAX_TRAILER_LINE);
  }
  if (!hasTrailer && (trailers.size > 0 || signature !== null)) {
    throw new S3Error('MalformedTrailerError');
  }
  if (!signing || !hasTrailer) return;
  const { keys, seed } = signing;
  const expected = keys.sign(
    seed.scope,
    [
      'AWS4-HMAC-SHA256-TRAILER',
      seed.timestamp,
      scopeText(seed.scope),
      previous,
      sha256Hex(covered),
    ].join('\n'),
  );
  if (!sameSignature(expected, signature ?? '')) throw new S3Error('SignatureDoesNotMatch');
}
