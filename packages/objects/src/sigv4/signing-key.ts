import { createHmac, createSecretKey, hash, type KeyObject, timingSafeEqual } from 'node:crypto';

/** `<date>/<region>/s3/aws4_request`, the part of a credential that follows the key id. */
export interface Scope {
  readonly date: string;
  readonly region: string;
}

const hmac = (key: string | Buffer | KeyObject, data: string): Buffer =>
  createHmac('sha256', key).update(data).digest();

/** Derived keys change daily; old ones are dropped when this many have gathered. */
const KEPT_KEYS = 64;

/** Signs strings with the keys derived from one secret (cached: four HMACs each otherwise). */
export class SigningKeys {
  readonly #secret: string;
  readonly #keys = new Map<string, KeyObject>();

  constructor(secret: string) {
    this.#secret = secret;
  }

  sign(scope: Scope, stringToSign: string): string {
    return hmac(this.#key(scope), stringToSign).toString('hex');
  }

  #key({ date, region }: Scope): KeyObject {
    const name = `${date}/${region}`;
    let key = this.#keys.get(name);
    if (!key) {
      const daily = hmac(hmac(`AWS4${this.#secret}`, date), region);
      // A key object spares importing the bytes with every signature.
      key = createSecretKey(hmac(hmac(daily, 's3'), 'aws4_request'));
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

/** Compares in constant time. The length of a signature is no secret. */
export function sameSignature(expected: string, given: string): boolean {
  const left = Buffer.from(expected);
  const right = Buffer.from(given);
  return left.length === right.length && timingSafeEqual(left, right);
}
