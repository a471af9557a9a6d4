/**
 * AWS Signature Version 4 for S3, query and header form: sixty lines instead of the SDK's
 * presigner, which manages 3,000 URLs a second where batches of 256 need ten times that. Other
 * services, which encode paths once more, are called at the path `/` alone.
 * What costs is HMAC and text; so the day's signing key is kept with its HMAC prepared, and the
 * second's timestamp. The tests prove the signatures equal to the SDK's.
 *
 * Source: "Authenticating Requests (AWS Signature Version 4)", Amazon S3 API reference.
 */
import { createHash, createHmac, hash } from 'node:crypto';

export interface SigningCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | null | undefined;
}

export interface SignableRequest {
  readonly method: string;
  readonly host: string;
  /** Encoded already; S3 paths are not normalised. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** All of these are signed. Names in lower case, `host` left out. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Hex SHA-256 of the body, or a literal such as `UNSIGNED-PAYLOAD`. */
  readonly payloadHash: string;
}

export interface SigV4 {
  /** Answers the whole encoded query string, signature included. */
  presign(request: SignableRequest, options: { now: Date; expiresSeconds: number }): string;
  /** Answers the request's headers with those that authenticate it. */
  authorize(request: SignableRequest, now: Date): Record<string, string>;
}

export const UNSIGNED_PAYLOAD = 'UNSIGNED-PAYLOAD';
export const EMPTY_SHA256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

const ALGORITHM = 'AWS4-HMAC-SHA256';

export function createSigV4(
  credentials: SigningCredentials,
  region: string,
  service: 's3' | 'sqs' | 'sns' = 's3',
): SigV4 {
  let keyDay = '';
  let sign: Hmac = () => '';
  let stampSecond = Number.NaN;
  let lastStamp = '';

  /** Many signatures fall into one second. */
  function stampOf(now: Date): string {
    const second = Math.floor(now.getTime() / 1000);
    if (second !== stampSecond) {
      lastStamp = timestamp(now);
      stampSecond = second;
    }
    return lastStamp;
  }

  function signature(canonical: string, stamp: string, day: string): string {
    if (day !== keyDay) {
      sign = prepareHmac(signingKey(credentials.secretAccessKey, `${day}/${region}/${service}`));
      keyDay = day;
    }
    const toSign = `${ALGORITHM}\n${stamp}\n${day}/${region}/${service}/aws4_request\n${hash('sha256', canonical)}`;
    return sign(toSign);
  }

  return {
    presign(request, { now, expiresSeconds }) {
      const stamp = stampOf(now);
      const day = stamp.slice(0, 8);
      const headers: Record<string, string> = { ...request.headers, host: request.host };
      const names = Object.keys(headers).sort();
      const query: Record<string, string> = {
        ...request.query,
        'X-Amz-Algorithm': ALGORITHM,
        'X-Amz-Credential': `${credentials.accessKeyId}/${day}/${region}/${service}/aws4_request`,
        'X-Amz-Date': stamp,
        'X-Amz-Expires': String(expiresSeconds),
        'X-Amz-SignedHeaders': names.join(';'),
      };
      if (credentials.sessionToken) query['X-Amz-Security-Token'] = credentials.sessionToken;
      const queryText = encodeQuery(query);
      const canonical = canonicalRequest(request, { queryText, headers, names });
      return `${queryText}&X-Amz-Signature=${signature(canonical, stamp, day)}`;
    },

    authorize(request, now) {
      const stamp = stampOf(now);
      const day = stamp.slice(0, 8);
      const headers: Record<string, string> = {
        ...request.headers,
        host: request.host,
        'x-amz-content-sha256': request.payloadHash,
        'x-amz-date': stamp,
      };
      if (credentials.sessionToken) headers['x-amz-security-token'] = credentials.sessionToken;
      const names = Object.keys(headers).sort();
      const queryText = encodeQuery(request.query ?? {});
      const canonical = canonicalRequest(request, { queryText, headers, names });
      const credential = `${credentials.accessKeyId}/${day}/${region}/${service}/aws4_request`;
      headers.authorization = `${ALGORITHM} Credential=${credential}, SignedHeaders=${names.join(';')}, Signature=${signature(canonical, stamp, day)}`;
      return headers;
    },
  };
}

function canonicalRequest(
  request: SignableRequest,
  parts: {
    readonly queryText: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly names: readonly string[];
  },
): string {
  let lines = '';
  for (const name of parts.names) {
    lines += `${name}:${singleSpaced(parts.headers[name] ?? '')}\n`;
  }
  return `${request.method}\n${request.path}\n${parts.queryText}\n${lines}\n${parts.names.join(';')}\n${request.payloadHash}`;
}

function singleSpaced(value: string): string {
  return /\s/.test(value) ? value.trim().replace(/\s+/g, ' ') : value;
}

/** Hex HMAC-SHA256 of a text, for one key. */
type Hmac = (text: string) => string;

const SHA256_BLOCK = 64;

/**
 * HMAC (RFC 2104) as its two hashes, with the padded key laid out once: `createHmac` imports the
 * key anew for each signature, which takes several times as long. The key fits one block.
 */
function prepareHmac(key: Buffer): Hmac {
  const inner = Buffer.alloc(SHA256_BLOCK, 0x36);
  const outer = Buffer.alloc(SHA256_BLOCK + key.length, 0x5c);
  for (const [at, byte] of key.entries()) {
    inner[at] = byte ^ 0x36;
    outer[at] = byte ^ 0x5c;
  }
  return (text) => {
    hash('sha256', Buffer.concat([inner, Buffer.from(text)]), 'buffer').copy(outer, SHA256_BLOCK);
    return hash('sha256', outer);
  };
}

/** `scope`: day, region and service, as the credential names them. */
function signingKey(secret: string, scope: string): Buffer {
  let key: string | Buffer = `AWS4${secret}`;
  for (const step of [...scope.split('/'), 'aws4_request']) {
    key = createHmac('sha256', key).update(step).digest();
  }
  return Buffer.from(key);
}

/** `20261122T101112Z` */
function timestamp(now: Date): string {
  return `${now.toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
}

const UNRESERVED = /^[\w.~-]*$/;
const UNRESERVED_PATH = /^[\w.~/-]*$/;

/** Percent-encodes everything but RFC 3986's unreserved characters. */
export function encodeValue(text: string): string {
  if (UNRESERVED.test(text)) return text;
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

export function encodePath(path: string): string {
  if (UNRESERVED_PATH.test(path)) return path;
  return encodeValue(path).replaceAll('%2F', '/');
}

/** In canonical order: by encoded name, which is ASCII. */
export function encodeQuery(query: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(query).map(([name, value]) => ({
    name: encodeValue(name),
    value: encodeValue(value),
  }));
  pairs.sort((a, b) => (a.name < b.name ? -1 : 1));
  return pairs.map(({ name, value }) => `${name}=${value}`).join('&');
}

export function md5Base64(text: string): string {
  return createHash('md5').update(text).digest('base64');
}
