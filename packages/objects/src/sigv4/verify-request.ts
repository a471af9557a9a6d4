import { isUtf8 } from 'node:buffer';
import { S3Error } from '../s3/s3-error.ts';
import { parseHeaderAuth, parseQueryAuth, type SignatureClaim } from './signature-claim.ts';
import {
  type Scope,
  type SigningKeys,
  sameSignature,
  scopeText,
  sha256Hex,
} from './signing-key.ts';
import { canonicalQuery, type Target } from './uri.ts';

export interface SignedRequest {
  readonly method: string;
  readonly target: Target;
  /** Lower-case names; repeated headers joined with a comma. */
  readonly headers: ReadonlyMap<string, string>;
}

/** What continues a header signature into the chunks of a body. */
export interface SeedSignature {
  readonly signature: string;
  readonly timestamp: string;
  readonly scope: Scope;
}

export interface Verified {
  /** `UNSIGNED-PAYLOAD`, a hex SHA-256, or one of the `STREAMING-…` names. */
  readonly payload: string;
  readonly seed: SeedSignature;
}

export interface Credentials {
  readonly accessKeyId: string;
  readonly keys: SigningKeys;
}

const SKEW_MS = 15 * 60_000;

/** Checks who sent the request and that it is what they signed. Throws S3Error otherwise. */
export function verifyRequest(
  request: SignedRequest,
  credentials: Credentials,
  now: Date,
): Verified {
  const claim = claimOf(request);
  if (claim.accessKeyId !== credentials.accessKeyId) throw new S3Error('InvalidAccessKeyId');
  checkTime(claim, now);
  checkSignedHeaders(request, claim);
  const canonical = canonicalRequest(request, claim);
  const stringToSign = [
    'AWS4-HMAC-SHA256',
    claim.timestamp,
    scopeText(claim.scope),
    sha256Hex(canonical),
  ].join('\n');
  const expected = credentials.keys.sign(claim.scope, stringToSign);
  if (!sameSignature(expected, claim.signature)) throw new S3Error('SignatureDoesNotMatch');
  const { signature, timestamp, scope } = claim;
  return { payload: claim.payload, seed: { signature, timestamp, scope } };
}

function claimOf(request: SignedRequest): SignatureClaim {
  const authorization = request.headers.get('authorization');
  const inQuery = request.target.query.some(([name]) => name === 'X-Amz-Algorithm');
  if (authorization !== undefined && inQuery) {
    throw new S3Error('InvalidArgument', 'Only one way of signing is allowed per request.');
  }
  if (authorization !== undefined) return parseHeaderAuth(authorization, request.headers);
  if (inQuery) return parseQueryAuth(request.target.query, request.headers);
  throw new S3Error('AccessDenied');
}

function checkTime(claim: SignatureClaim, now: Date): void {
  const age = now.getTime() - claim.time;
  if (claim.lifetimeMs === null) {
    if (Math.abs(age) > SKEW_MS) throw new S3Error('RequestTimeTooSkewed');
    return;
  }
  if (age < -SKEW_MS) throw new S3Error('AccessDenied', 'Request is not yet valid');
  if (age > claim.lifetimeMs) throw new S3Error('AccessDenied', 'Request has expired');
}

/** Host and every x-amz-* header that came must be signed: others could be added on the way. */
function checkSignedHeaders(request: SignedRequest, claim: SignatureClaim): void {
  const signed = new Set(claim.signedHeaders);
  if (!signed.has('host')) throw new S3Error('AccessDenied', 'The host header must be signed');
  for (const name of request.headers.keys()) {
    if (name.startsWith('x-amz-') && !signed.has(name)) {
      throw new S3Error('AccessDenied', `The header ${name} was present but not signed`);
    }
  }
}

/** Header bytes reach us as Latin-1; who sends UTF-8 has signed that, whoever doesn't hasn't. */
function signedText(value: string): string {
  if (!/[\u0080-\u00ff]/.test(value)) return value;
  const bytes = Buffer.from(value, 'latin1');
  return isUtf8(bytes) ? bytes.toString('utf8') : value;
}

function canonicalRequest(
  { method, target, headers }: SignedRequest,
  claim: SignatureClaim,
): string {
  const lines = claim.signedHeaders.map((name) => {
    const value = signedText(headers.get(name) ?? '')
      .trim()
      .replace(/ +/g, ' ');
    return `${name}:${value}\n`;
  });
  return [
    method,
    target.canonicalPath,
    canonicalQuery(target.query),
    lines.join(''),
    claim.signedHeaders.join(';'),
    claim.payload,
  ].join('\n');
}
