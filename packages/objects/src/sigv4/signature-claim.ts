import { S3Error, type S3ErrorCode } from '../s3/s3-error.ts';
import type { Scope } from './signing-key.ts';
import type { Target } from './uri.ts';

/** What a request says about its signature, before any of it is believed. */
export interface SignatureClaim {
  readonly accessKeyId: string;
  readonly scope: Scope;
  /** As signed: `20261122T101500Z`. */
  readonly timestamp: string;
  /** The same in ms since the epoch. */
  readonly time: number;
  /** How long after `time` a presigned URL is good; null for a signature in the header. */
  readonly lifetimeMs: number | null;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  readonly payload: string;
}

type Headers = ReadonlyMap<string, string>;

const ALGORITHM = 'AWS4-HMAC-SHA256';
const MAX_LIFETIME_S = 7 * 24 * 3600;
export const UNSIGNED = 'UNSIGNED-PAYLOAD';

export function parseHeaderAuth(authorization: string, headers: Headers): SignatureClaim {
  const fail = (): never => malformed('AuthorizationHeaderMalformed');
  const match = /^AWS4-HMAC-SHA256\s+(.*)$/.exec(authorization);
  if (!match?.[1]) {
    throw new S3Error('InvalidArgument', `Only ${ALGORITHM} signatures are accepted here.`);
  }
  const fields = new Map<string, string>();
  for (const field of match[1].split(',')) {
    const equals = field.indexOf('=');
    if (equals < 0) fail();
    fields.set(field.slice(0, equals).trim(), field.slice(equals + 1).trim());
  }
  const timestamp = headers.get('x-amz-date');
  if (timestamp === undefined) throw new S3Error('AccessDenied', 'x-amz-date is required');
  const payload = headers.get('x-amz-content-sha256');
  if (payload === undefined) {
    throw new S3Error('InvalidRequest', 'Missing required header: x-amz-content-sha256');
  }
  if (headers.has('x-amz-security-token')) throw new S3Error('InvalidToken');
  return {
    ...parseCredential(fields.get('Credential') ?? '', timestamp, fail),
    lifetimeMs: null,
    signedHeaders: parseSignedHeaders(fields.get('SignedHeaders') ?? '', fail),
    signature: fields.get('Signature') ?? fail(),
    payload,
  };
}

export function parseQueryAuth(query: Target['query'], headers: Headers): SignatureClaim {
  const fail = (): never => malformed('AuthorizationQueryParametersError');
  const fields = new Map<string, string>();
  for (const [name, value] of query) {
    // A second value would leave open which one was checked.
    if (name.startsWith('X-Amz-') && fields.has(name)) fail();
    fields.set(name, value);
  }
  if (fields.get('X-Amz-Algorithm') !== ALGORITHM) fail();
  if (fields.has('X-Amz-Security-Token')) throw new S3Error('InvalidToken');
  const expires = fields.get('X-Amz-Expires') ?? '';
  const seconds = /^\d{1,9}$/.test(expires) ? Number(expires) : fail();
  if (seconds > MAX_LIFETIME_S) {
    throw new S3Error('AuthorizationQueryParametersError', 'X-Amz-Expires must be at most a week');
  }
  const timestamp = fields.get('X-Amz-Date') ?? fail();
  return {
    ...parseCredential(fields.get('X-Amz-Credential') ?? '', timestamp, fail),
    lifetimeMs: seconds * 1000,
    signedHeaders: parseSignedHeaders(fields.get('X-Amz-SignedHeaders') ?? '', fail),
    signature: fields.get('X-Amz-Signature') ?? fail(),
    payload: headers.get('x-amz-content-sha256') ?? fields.get('X-Amz-Content-Sha256') ?? UNSIGNED,
  };
}

function parseCredential(
  credential: string,
  timestamp: string,
  fail: () => never,
): Pick<SignatureClaim, 'accessKeyId' | 'scope' | 'timestamp' | 'time'> {
  const match = /^([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request$/.exec(credential);
  const [, accessKeyId, date, region] = match ?? [];
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(timestamp);
  if (!accessKeyId || !date || !region || !parts) return fail();
  // Both are well-formed and yet not of one signing: somebody altered one.
  if (!timestamp.startsWith(date)) throw new S3Error('SignatureDoesNotMatch');
  const [, year, month, day, hour, minute, second] = parts;
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (Number.isNaN(time)) return fail();
  return { accessKeyId, scope: { date, region }, timestamp, time };
}

function parseSignedHeaders(text: string, fail: () => never): readonly string[] {
  const names = text.split(';');
  const sorted = [...names].sort();
  const valid = names.every(
    (name, i) => /^[a-z0-9!#$%&'*+.^_`|~-]+$/.test(name) && name === sorted[i],
  );
  return valid && new Set(names).size === names.length ? names : fail();
}

function malformed(code: S3ErrorCode): never {
  throw new S3Error(code);
}
