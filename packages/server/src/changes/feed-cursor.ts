import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { AppError } from '@valise/core/errors';
import type { UserId } from '@valise/core/ids';

/** A place in one person's feed. */
export interface FeedPosition {
  /** The history that `seq` counts in: 16 hexadecimal digits. */
  readonly epoch: string;
  /** Everything up to here has been told. */
  readonly seq: number;
  /**
   * While a listing is on its way: the seq at which it began. Tombstones up to there are left out,
   * for nobody has been told of those files. Null once the listing is through.
   */
  readonly listedFrom: number | null;
}

/**
 * Positions as opaque text and back. The text is the same for the same position, so that a device
 * can compare. A MAC binds it to one person: `decode` throws `bad-cursor` for a text that was made
 * up, altered, or given to somebody else, naming the `field` that it came in.
 */
export interface FeedCursors {
  encode(userId: UserId, position: FeedPosition): string;
  decode(userId: UserId, text: string, field?: string): FeedPosition;
}

/*
 * 1 byte version and kind, 8 epoch, 8 seq, of a listing 8 where it began, 12 MAC (HMAC-SHA256 over
 * the user's id and all before): 29 or 37 bytes as base64url. 96 bits of MAC are far beyond
 * guessing at a few thousand requests a minute.
 */
const KIND_PLAIN = 0x10;
const KIND_LISTING = 0x11;
const MAC_BYTES = 12;
const PLAIN_BYTES = 17;
const LISTING_BYTES = 25;

/** `secret` is the servers' common one; the key is derived from it. */
export function createFeedCursors(secret: Uint8Array): FeedCursors {
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'valise change cursors', 32));
  const macOf = (userId: UserId, body: Uint8Array) =>
    createHmac('sha256', key).update(userId).update(body).digest().subarray(0, MAC_BYTES);

  return {
    encode(userId, { epoch, seq, listedFrom }) {
      const body = Buffer.alloc(listedFrom === null ? PLAIN_BYTES : LISTING_BYTES);
      body[0] = listedFrom === null ? KIND_PLAIN : KIND_LISTING;
      body.write(epoch, 1, 'hex');
      body.writeBigUInt64BE(BigInt(seq), 9);
      if (listedFrom !== null) body.writeBigUInt64BE(BigInt(listedFrom), 17);
      return Buffer.concat([body, macOf(userId, body)]).toString('base64url');
    },
    decode(userId, text, field = 'since') {
      const bytes = Buffer.from(text, 'base64url');
      const body = bytes.subarray(0, -MAC_BYTES);
      if (!isOurs(bytes, text) || !timingSafeEqual(macOf(userId, body), bytes.subarray(-MAC_BYTES)))
        throw badCursor(field);
      return {
        epoch: body.toString('hex', 1, 9),
        seq: Number(body.readBigUInt64BE(9)),
        listedFrom: body[0] === KIND_LISTING ? Number(body.readBigUInt64BE(17)) : null,
      };
    },
  };
}

/** Has the one spelling that `encode` gives a cursor of its length. */
function isOurs(bytes: Buffer, text: string): boolean {
  const length = bytes.length - MAC_BYTES;
  if (length !== PLAIN_BYTES && length !== LISTING_BYTES) return false;
  const kind = length === PLAIN_BYTES ? KIND_PLAIN : KIND_LISTING;
  return bytes[0] === kind && bytes.toString('base64url') === text;
}

function badCursor(field: string): AppError {
  return new AppError('bad-cursor', 'It is none of this feed. Leave it out to list afresh.', {
    details: { field },
  });
}
