import { createHmac, hash, hkdfSync, timingSafeEqual } from 'node:crypto';
import { type DeviceId, parseId } from '@valise/core/ids';

/**
 * A refresh token is `vrt_` + base64url of: device id (16 bytes), secret (32), tag (16).
 *
 *  - The tag proves that this installation made the token, so a token that is no longer current is
 *    known to be a stolen or lost one, and nobody can end a session by guessing its device's id.
 *  - The successor's secret is derived from the predecessor's: two refreshes that race, or one that
 *    is repeated because its answer was lost, give the same successor without storing it.
 *  - The database holds SHA-256 hashes only.
 */
export interface RefreshToken {
  readonly deviceId: DeviceId;
  readonly text: string;
  readonly hash: Uint8Array;
}

export interface RefreshTokens {
  /** The first token of a device; `secret` is 32 random bytes. */
  first(deviceId: DeviceId, secret: Uint8Array): RefreshToken;
  /** undefined for anything that this installation didn't make. */
  parse(text: string): RefreshToken | undefined;
  successorOf(token: RefreshToken): RefreshToken;
}

const PREFIX = 'vrt_';
const ID_BYTES = 16;
const SECRET_BYTES = 32;
const TAG_BYTES = 16;
const BYTES = ID_BYTES + SECRET_BYTES + TAG_BYTES;

export function createRefreshTokens(installationSecret: Uint8Array): RefreshTokens {
  const tagKey = deriveKey(installationSecret, 'valise refresh token tag');
  const successorKey = deriveKey(installationSecret, 'valise refresh token successor');

  function seal(deviceId: DeviceId, secret: Uint8Array): RefreshToken {
    const signed = Buffer.concat([Buffer.from(deviceId.replaceAll('-', ''), 'hex'), secret]);
    return tokenOf(Buffer.concat([signed, tagOf(signed)]));
  }

  function tagOf(signed: Uint8Array): Buffer {
    return createHmac('sha256', tagKey).update(signed).digest().subarray(0, TAG_BYTES);
  }

  return {
    first: seal,
    parse(text) {
      const bytes = Buffer.from(text.slice(PREFIX.length), 'base64url');
      if (!text.startsWith(PREFIX) || bytes.length !== BYTES) return undefined;
      const token = tokenOf(bytes);
      const tag = tagOf(bytes.subarray(0, ID_BYTES + SECRET_BYTES));
      const isOurs = timingSafeEqual(tag, bytes.subarray(ID_BYTES + SECRET_BYTES));
      return isOurs && token.text === text ? token : undefined;
    },
    successorOf(token) {
      const secret = createHmac('sha256', successorKey).update(token.text).digest();
      return seal(token.deviceId, secret);
    },
  };
}

function tokenOf(bytes: Buffer): RefreshToken {
  const hex = bytes.toString('hex', 0, ID_BYTES);
  const uuid = hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  return {
    deviceId: parseId(uuid, 'refreshToken'),
    text: PREFIX + bytes.toString('base64url'),
    hash: hash('sha256', bytes, 'buffer'),
  };
}

function deriveKey(secret: Uint8Array, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', purpose, 32));
}
