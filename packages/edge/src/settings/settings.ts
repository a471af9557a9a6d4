import { join, resolve } from 'node:path';

/** A shared secret under the id that links name it by. */
export interface EdgeKey {
  readonly id: string;
  readonly secret: string;
}

/** The private bucket, as the edge reaches it. */
export interface Origin {
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | null;
  readonly forcePathStyle: boolean;
}

export interface EdgeSettings {
  /** Where readers reach this edge; its port is the one that nginx listens on. */
  readonly url: URL;
  readonly host: string;
  /** The first is the current one; the others are still accepted. */
  readonly keys: readonly EdgeKey[];
  /** null: the embedded store's, from its `credentials.json`. */
  readonly origin: Origin | null;
  readonly data: string;
  readonly cache: { readonly folder: string | null; readonly maxSize: string };
  readonly tls: { readonly certPath: string; readonly keyPath: string } | null;
  readonly trustedProxies: readonly string[];
}

export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

type Read = (name: string) => string | undefined;

/** Reads the server's own variables; throws `SettingsError` with every fault listed. */
export function readSettings(env: NodeJS.ProcessEnv = process.env): EdgeSettings {
  const faults: string[] = [];
  const read: Read = (name) => env[name]?.trim() || undefined;
  const url = urlOf(read, faults);
  const keys = keysOf(read, faults);
  const origin = originOf(read, faults);
  const tls = tlsOf(read, url, faults);
  const maxSize = read('VALISE_EDGE_CACHE_SIZE') ?? '10g';
  if (!/^[1-9][0-9]*[mg]$/.test(maxSize)) {
    faults.push('VALISE_EDGE_CACHE_SIZE must be a size such as 500m or 20g.');
  }
  if (faults.length > 0) {
    throw new SettingsError(
      `The configuration is wrong:\n${faults.map((f) => `  - ${f}`).join('\n')}`,
    );
  }
  const folder = read('VALISE_EDGE_CACHE');
  return Object.freeze({
    url,
    host: read('VALISE_HOST') ?? '127.0.0.1',
    keys,
    origin,
    data: join(resolve(read('VALISE_DATA') ?? './data')),
    cache: { folder: folder === undefined ? null : resolve(folder), maxSize },
    tls,
    trustedProxies: (read('VALISE_TRUSTED_PROXIES') ?? '')
      .split(',')
      .flatMap((one) => one.trim() || []),
  });
}

function urlOf(read: Read, faults: string[]): URL {
  const url = URL.parse(read('CDN_URL') ?? '');
  if (url !== null && /^https?:$/.test(url.protocol) && url.pathname === '/') return url;
  faults.push('CDN_URL must say where readers reach this edge, e.g. https://files.example.org.');
  return new URL('http://127.0.0.1');
}

function keysOf(read: Read, faults: string[]): readonly EdgeKey[] {
  const id = read('CDN_KEY_ID') ?? 'main';
  const secret = read('CDN_KEY') ?? '';
  const older = (read('CDN_PREVIOUS_KEYS') ?? '').split(',').flatMap((one) => one.trim() || []);
  const keys = [
    { id, secret },
    ...older.map((pair) => {
      const at = pair.indexOf(':');
      return { id: pair.slice(0, Math.max(0, at)), secret: pair.slice(at + 1) };
    }),
  ];
  if (keys.some((key) => !/^[\w-]{1,64}$/.test(key.id))) {
    faults.push(
      'CDN_KEY_ID, and the ids in CDN_PREVIOUS_KEYS (id:secret,…), are letters, digits, - and _.',
    );
  }
  if (keys.some((key) => key.secret.length < 32)) {
    faults.push('CDN_KEY, and each secret in CDN_PREVIOUS_KEYS, must have at least 32 characters.');
  }
  return keys;
}

function originOf(read: Read, faults: string[]): Origin | null {
  const bucket = read('S3_BUCKET');
  const accessKeyId = read('S3_ACCESS_KEY_ID');
  const secretAccessKey = read('S3_SECRET_ACCESS_KEY');
  const endpoint = read('S3_ENDPOINT');
  if ([bucket, accessKeyId, secretAccessKey, endpoint].every((one) => one === undefined))
    return null;
  if (bucket === undefined || accessKeyId === undefined || secretAccessKey === undefined) {
    faults.push('S3_BUCKET, S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY go together.');
    return null;
  }
  const region = read('S3_REGION') ?? 'us-east-1';
  const style = read('S3_FORCE_PATH_STYLE');
  return {
    endpoint: endpoint ?? `https://s3.${region}.amazonaws.com`,
    region,
    bucket,
    accessKeyId,
    secretAccessKey,
    sessionToken: read('S3_SESSION_TOKEN') ?? null,
    forcePathStyle:
      style === undefined ? endpoint !== undefined : style === 'true' || style === '1',
  };
}

function tlsOf(read: Read, url: URL, faults: string[]): EdgeSettings['tls'] {
  const certPath = read('VALISE_TLS_CERT');
  const keyPath = read('VALISE_TLS_KEY');
  if (url.protocol === 'http:') return null;
  if (certPath !== undefined && keyPath !== undefined) {
    return { certPath: resolve(certPath), keyPath: resolve(keyPath) };
  }
  faults.push('With an https CDN_URL, VALISE_TLS_CERT and VALISE_TLS_KEY name its certificate.');
  return null;
}
