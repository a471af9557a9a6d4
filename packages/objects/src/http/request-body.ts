import { S3Error, type S3ErrorCode } from '../s3/s3-error.ts';
import { decodeChunked } from '../sigv4/chunked-body.ts';
import type { SigningKeys } from '../sigv4/signing-key.ts';
import type { Verified } from '../sigv4/verify-request.ts';
import {
  type ChecksumAlgorithm,
  checksumAlgorithms,
  type Digest,
  isChecksumAlgorithm,
  md5Digest,
} from './checksum.ts';

/** S3's limit for one PUT. */
const MAX_BODY = 5 * 1024 ** 3;
/**
 * Up to this size the MD5 is computed unasked, so that it can be the ETag as clients of S3 expect.
 * Above, it would cost more than twice what SHA-256 costs, on the cores the client needs too.
 */
const MD5_UNASKED = 1024 * 1024;
/** A CompleteMultipartUpload of 10,000 parts with a checksum each is about 2 MB. */
const MAX_DOCUMENT = 4 * 1024 * 1024;

export interface BodyDigests {
  readonly md5: string | null;
  /** Every x-amz-checksum-* that was sent and holds, base64. */
  readonly checksums: Readonly<Partial<Record<ChecksumAlgorithm, string>>>;
}

export interface RequestBody {
  /** Of the content, whatever encoding it travels in. Throws MissingContentLength. */
  size(): number;
  /**
   * The content, once. Ends without error only if it has the announced length and every digest
   * and signature that came with it holds.
   */
  chunks(): AsyncGenerator<Buffer>;
  /** After `chunks` has ended. */
  digests(): BodyDigests;
  /**
   * The whole content as text, for small documents. With `describesObject` the headers
   * x-amz-checksum-* speak of an object and not of this document.
   */
  text(options?: { describesObject: boolean }): Promise<string>;
}

export interface BodyInput {
  readonly headers: ReadonlyMap<string, string>;
  readonly verified: Verified;
  readonly keys: SigningKeys;
  readonly raw: AsyncIterable<Buffer>;
}

interface Check {
  readonly digest: Digest;
  readonly code: S3ErrorCode;
  /** What the digest must be, asked for at the end (a trailer comes last). */
  expected(): string;
}

export function createRequestBody(input: BodyInput): RequestBody {
  let digests: BodyDigests | null = null;
  async function* read(withChecksums: boolean): AsyncGenerator<Buffer> {
    const size = contentSize(input);
    const trailers = new Map<string, string>();
    const checks = checksFor(input, withChecksums, trailers);
    const md5 = input.headers.has('content-md5') || size <= MD5_UNASKED ? md5Digest() : null;
    let received = 0;
    for await (const bytes of content(input, trailers)) {
      received += bytes.length;
      if (received > size) throw new S3Error('IncompleteBody');
      md5?.update(bytes);
      for (const check of checks.values()) check.digest.update(bytes);
      yield bytes;
    }
    if (received !== size) throw new S3Error('IncompleteBody');
    digests = conclude(checks, md5, input.headers.get('content-md5'));
  }
  return {
    size: () => contentSize(input),
    chunks: () => read(true),
    digests() {
      if (!digests) throw new Error('the body has not been read to its end');
      return digests;
    },
    async text(options) {
      if (contentSize(input) > MAX_DOCUMENT) throw new S3Error('MaxMessageLengthExceeded');
      const pieces: Buffer[] = [];
      for await (const bytes of read(!options?.describesObject)) pieces.push(bytes);
      return Buffer.concat(pieces).toString('utf8');
    },
  };
}

function isStreaming({ verified }: BodyInput): boolean {
  return verified.payload.startsWith('STREAMING-');
}

function contentSize(input: BodyInput): number {
  const name = isStreaming(input) ? 'x-amz-decoded-content-length' : 'content-length';
  const text = input.headers.get(name);
  if (text === undefined) throw new S3Error('MissingContentLength');
  if (!/^\d{1,15}$/.test(text)) throw new S3Error('InvalidArgument', `${name} is not a length`);
  const size = Number(text);
  if (size > MAX_BODY) throw new S3Error('EntityTooLarge');
  return size;
}

const streamingForms = new Map([
  ['STREAMING-AWS4-HMAC-SHA256-PAYLOAD', { signed: true, hasTrailer: false }],
  ['STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER', { signed: true, hasTrailer: true }],
  ['STREAMING-UNSIGNED-PAYLOAD-TRAILER', { signed: false, hasTrailer: true }],
]);

function content(input: BodyInput, trailers: Map<string, string>): AsyncIterable<Buffer> {
  if (!isStreaming(input)) return input.raw;
  const form = streamingForms.get(input.verified.payload);
  if (!form) throw new S3Error('NotImplemented', `${input.verified.payload} is not known here.`);
  const signing = form.signed ? { keys: input.keys, seed: input.verified.seed } : null;
  return decodeChunked(input.raw, { signing, hasTrailer: form.hasTrailer, trailers });
}

const LITERAL_HASH = /^[0-9a-f]{64}$/;

function checksFor(
  input: BodyInput,
  withChecksums: boolean,
  trailers: ReadonlyMap<string, string>,
): Map<ChecksumAlgorithm | 'payload', Check> {
  const checks = new Map<ChecksumAlgorithm | 'payload', Check>();
  const { payload } = input.verified;
  if (LITERAL_HASH.test(payload)) {
    const expected = Buffer.from(payload, 'hex').toString('base64');
    checks.set('payload', {
      digest: checksumAlgorithms.sha256.create(),
      code: 'XAmzContentSHA256Mismatch',
      expected: () => expected,
    });
  } else if (payload !== 'UNSIGNED-PAYLOAD' && !isStreaming(input)) {
    throw new S3Error('InvalidArgument', 'x-amz-content-sha256 is not a SHA-256.');
  }
  const announced = withChecksums ? announcedChecksums(input.headers) : [];
  for (const [name, value] of announced) {
    checks.set(name, {
      digest: checksumAlgorithms[name].create(),
      code: 'BadDigest',
      expected: () => requireDigest(value ?? trailers.get(`x-amz-checksum-${name}`) ?? '', name),
    });
  }
  return checks;
}

/** Which checksums come with the body: in a header (with its value) or in the trailer (null). */
function announcedChecksums(
  headers: ReadonlyMap<string, string>,
): (readonly [ChecksumAlgorithm, string | null])[] {
  const found: (readonly [ChecksumAlgorithm, string | null])[] = [];
  const known = (header: string): ChecksumAlgorithm => {
    const name = header.slice('x-amz-checksum-'.length);
    if (isChecksumAlgorithm(name)) return name;
    throw new S3Error('NotImplemented', `The checksum ${name} is not known here.`);
  };
  for (const [header, value] of headers) {
    if (!header.startsWith('x-amz-checksum-')) continue;
    // These two say how checksums of a multipart upload are meant; they carry none.
    if (header === 'x-amz-checksum-algorithm' || header === 'x-amz-checksum-type') continue;
    const name = known(header);
    found.push([name, requireDigest(value, name)]);
  }
  const announced = headers.get('x-amz-trailer')?.toLowerCase().split(',') ?? [];
  for (const header of announced.map((name) => name.trim())) {
    if (header.startsWith('x-amz-checksum-')) found.push([known(header), null]);
  }
  return found;
}

function requireDigest(text: string, name: ChecksumAlgorithm): string {
  if (Buffer.from(text, 'base64').length === checksumAlgorithms[name].length) return text;
  throw new S3Error('InvalidRequest', `Value for x-amz-checksum-${name} header is invalid.`);
}

function conclude(
  checks: ReadonlyMap<ChecksumAlgorithm | 'payload', Check>,
  md5: Digest | null,
  expectedMd5: string | undefined,
): BodyDigests {
  const sum = md5?.result() ?? null;
  if (expectedMd5 !== undefined && expectedMd5 !== sum) {
    const isDigest = Buffer.from(expectedMd5, 'base64').length === 16;
    throw new S3Error(isDigest ? 'BadDigest' : 'InvalidDigest');
  }
  const checksums: Partial<Record<ChecksumAlgorithm, string>> = {};
  for (const [name, check] of checks) {
    const actual = check.digest.result();
    if (actual !== check.expected()) throw new S3Error(check.code);
    // The payload's hash is a SHA-256 of the same bytes: keep it as one.
    checksums[name === 'payload' ? 'sha256' : name] = actual;
  }
  return { md5: sum, checksums };
}
