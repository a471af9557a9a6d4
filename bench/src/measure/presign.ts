import { createHash, createHmac } from 'node:crypto';

/** As `credentials.json` of the embedded store has it. */
export interface StoreKeys {
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

const hmac = (key: string | Buffer, data: string): Buffer =>
  createHmac('sha256', key).update(data).digest();

/** Presigned (SigV4, path style) requests to one bucket, good for an hour. */
export class Presigner {
  readonly #keys: StoreKeys;
  readonly #date: string;
  readonly #scope: string;
  readonly #key: Buffer;

  constructor(keys: StoreKeys, now: Date = new Date()) {
    this.#keys = keys;
    this.#date = now.toISOString().replace(/[-:]|\.\d+/g, '');
    const day = this.#date.slice(0, 8);
    this.#scope = `${day}/${keys.region}/s3/aws4_request`;
    const daily = hmac(hmac(`AWS4${keys.secretAccessKey}`, day), keys.region);
    this.#key = hmac(hmac(daily, 's3'), 'aws4_request');
  }

  /** `key` and `headers` consist of unreserved characters and slashes; the headers get signed. */
  url(
    method: string,
    key: string,
    options: {
      query?: Readonly<Record<string, string>>;
      headers?: Readonly<Record<string, string>>;
    } = {},
  ): URL {
    const { endpoint, bucket, accessKeyId } = this.#keys;
    const url = new URL(`${endpoint}/${bucket}${key === '' ? '' : `/${key}`}`);
    const signed = Object.entries({ host: url.host, ...options.headers }).sort(byName);
    const names = signed.map(([name]) => name).join(';');
    const query = Object.entries({
      ...options.query,
      'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
      'X-Amz-Credential': `${accessKeyId}/${this.#scope}`,
      'X-Amz-Date': this.#date,
      'X-Amz-Expires': '3600',
      'X-Amz-SignedHeaders': names,
    }).sort(byName);
    const text = query
      .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
      .join('&');
    const lines = signed.map(([name, value]) => `${name}:${value}\n`).join('');
    const request = [method, url.pathname, text, lines, names, 'UNSIGNED-PAYLOAD'].join('\n');
    const hash = createHash('sha256').update(request).digest('hex');
    const toSign = ['AWS4-HMAC-SHA256', this.#date, this.#scope, hash].join('\n');
    url.search = `${text}&X-Amz-Signature=${hmac(this.#key, toSign).toString('hex')}`;
    return url;
  }
}

function byName([a]: readonly [string, string], [b]: readonly [string, string]): number {
  return a < b ? -1 : 1;
}
