import { AppError } from '../errors/index.ts';

declare const brand: unique symbol;
/** A string that only its parser or maker hands out. */
export type Opaque<Name extends string> = string & { readonly [brand]: Name };

export type UserId = Opaque<'UserId'>;
export type DeviceId = Opaque<'DeviceId'>;
export type FileId = Opaque<'FileId'>;
export type UploadId = Opaque<'UploadId'>;
export type ObjectId = Opaque<'ObjectId'>;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

export function isUuid(value: string): boolean {
  return UUID.test(value);
}

export function isUuidV7(value: string): boolean {
  return UUID_V7.test(value);
}

/** Accepts any UUID spelling in lower or upper case. Throws `invalid-value` naming `field`. */
export function parseId<Id extends Opaque<string>>(value: string, field: string): Id {
  const id = value.toLowerCase();
  if (!UUID.test(id)) {
    throw new AppError('invalid-value', `${field} is not a UUID.`, { details: { field } });
  }
  return id as string as Id;
}

/** For ids that a client makes: they must be UUIDv7, so that they sort by time. */
export function parseClientId<Id extends Opaque<string>>(value: string, field: string): Id {
  const id = value.toLowerCase();
  if (!UUID_V7.test(id)) {
    throw new AppError('invalid-value', `${field} is not a UUIDv7.`, { details: { field } });
  }
  return id as string as Id;
}

/** Of each byte: ids are made by the thousand. */
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/**
 * Builds a UUIDv7 (RFC 9562, 5.7): 48 bits of Unix milliseconds, then 74 random bits.
 * `random` holds at least 10 bytes from a secure source; the caller supplies clock and randomness.
 */
export function uuidV7(unixMilliseconds: number, random: Uint8Array): string {
  const bytes = new Uint8Array(16);
  let rest = unixMilliseconds;
  for (let at = 5; at >= 0; at--) {
    bytes[at] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  bytes.set(random.subarray(0, 10), 6);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  let hex = '';
  for (const byte of bytes) hex += HEX[byte];
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
