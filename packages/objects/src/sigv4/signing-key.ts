import { createHmac, hash, timingSafeEqual } from 'node:crypto';

/** `<date>/<region>/s3/aws4_request`, the part of a credential that follows the key id. */
export interface Scope {
  readonly date: string;
  readonly region: string;
}

const hmac = (key: string | Buffer, data: string): Buffer =>
  createHmac('sha256', key).update(data).digest();

/** Derived keys change daily; old ones are dropped when this many have gathered. */
const KEPT_KEYS = 64;

/** Signs strings with the keys derived from one secret (cached: four HMACs each otherwise). */
export class SigningKeys {
  readonly #secret: string;
  readonly #keys = new Map<string, Buffer>();

  constructor(secret: string) {
    this.#secret = secret;
  }

  sign(scope: Scope, stringToSign: string): string {
    return hmac(this.#key(scope), stringToSign).toString('hex');
  }

  #key({ date, region }: Scope): Buffer {
    const name = `${date}/${region}`;
    let key = this.#keys.get(name);
    if (!key) {
      key = hmac(hmac(hmac(hmac(`AWS4${this.#secret}`, date), region), 's3'), 'aws4_request');
      if (this.#keys.size >= KEPT_KEYS) this.#keys.clear();
      this.#keys.set(name, key);
    }
    return key;
  }
}

export function scopeText({ date, region }: Scope): string {
  return `${date}/${region}/s3/aws4_request`;
}

export function sha256Hex(data: string): string {
  return hash('sha256', data, 'hex');
}

/** Compares in constant time, whatever the lengths. */
export function sameSignature(a: string, b: string): boolean {
  const left = hash('sha256', a, 'buffer');
  const right = hash('sha256', b, 'buffer');
  return timingSafeEqual(left, right);
}
