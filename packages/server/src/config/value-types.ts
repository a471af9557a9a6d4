import { isIP } from 'node:net';
import { resolve } from 'node:path';

/** How the text of a variable becomes a value. `parse` throws an Error that says what is wanted. */
export interface ValueType<T> {
  /** For people: `port`, `true or false`. */
  readonly name: string;
  parse(text: string): T;
}

export const text: ValueType<string> = { name: 'text', parse: (value) => value };

export const path: ValueType<string> = { name: 'path', parse: (value) => resolve(value) };

export function integer(least: number, most: number): ValueType<number> {
  return {
    name: `number from ${least} to ${most}`,
    parse(value) {
      const number = Number(value);
      if (!/^\d+$/.test(value) || number < least || number > most) {
        throw new Error(`must be a whole number from ${least} to ${most}`);
      }
      return number;
    },
  };
}

export const port: ValueType<number> = { ...integer(0, 65_535), name: 'port' };

export function choice<const T extends string>(...values: readonly T[]): ValueType<T> {
  return {
    name: values.join(', '),
    parse(value) {
      const found = values.find((one) => one === value);
      if (found === undefined) throw new Error(`must be one of ${values.join(', ')}`);
      return found;
    },
  };
}

export const flag: ValueType<boolean> = {
  name: 'true or false',
  parse(value) {
    if (value === 'true' || value === '1') return true;
    if (value === 'false' || value === '0') return false;
    throw new Error('must be true or false');
  },
};

/** An address without a path's trailing slash. */
export function url(...schemes: readonly string[]): ValueType<string> {
  return {
    name: 'URL',
    parse(value) {
      const parsed = URL.parse(value);
      if (parsed === null || !schemes.includes(parsed.protocol.slice(0, -1))) {
        throw new Error(
          `must be a URL that starts with ${schemes.map((s) => `${s}://`).join(' or ')}`,
        );
      }
      return value.replace(/\/+$/, '');
    },
  };
}

export const urls: ValueType<readonly string[]> = {
  name: 'URLs, separated by commas',
  parse: (value) => value.split(',').map((one) => url('http', 'https').parse(one.trim())),
};

/** Long enough that nobody finds it by trying. */
export const secret: ValueType<Uint8Array> = {
  name: 'secret of at least 32 characters',
  parse(value) {
    if (value.length < 32) throw new Error('must have at least 32 characters');
    return new TextEncoder().encode(value);
  },
};

/** A key on several lines, which may be written as `\\n` where only one line is possible. */
export const pem: ValueType<string> = {
  name: 'secret or PEM',
  parse: (value) => value.replaceAll('\\n', '\n'),
};

/** What `x-amz-server-side-encryption` may ask for, with the key's id where it isn't the default. */
export const encryption: ValueType<string> = {
  name: 'AES256, aws:kms, aws:kms:KEY-ID',
  parse(value) {
    if (/^(AES256|aws:kms(:[!-~]+)?)$/.test(value)) return value;
    throw new Error('must be AES256, aws:kms or aws:kms:KEY-ID');
  },
};

/** Addresses and networks, `10.0.0.0/8, ::1`. */
export const addresses: ValueType<readonly string[]> = {
  name: 'addresses or networks, separated by commas',
  parse(value) {
    const items = value.split(',').map((item) => item.trim());
    const wrong = items.find((item) => !isNetwork(item));
    if (wrong !== undefined) throw new Error(`"${wrong}" is no address or network`);
    return items;
  },
};

function isNetwork(item: string): boolean {
  const [address = '', bits, ...rest] = item.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d+$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}
