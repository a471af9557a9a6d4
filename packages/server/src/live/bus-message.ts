import type { UserId } from '@valise/core/ids';
import type { FeedNews } from './feed-bus.ts';

/*
 * `<sender>:<ids>`: 16 hexadecimal digits that name the sending server, then each user's id as 22
 * characters of base64url, end to end; or `*` for everyone.
 */
const SENDER_LENGTH = 16;
const ID_LENGTH = 22;
/** A NOTIFY carries less than 8,000 bytes. */
const MAX_IDS = Math.floor((8_000 - 1 - SENDER_LENGTH - 1) / ID_LENGTH);
/** Beyond so many, that everyone should look is the shorter message. */
const EVERYONE_FROM = 50_000;

export function encodeNews(sender: string, userIds: ReadonlySet<UserId>): readonly string[] {
  if (userIds.size >= EVERYONE_FROM) return [`${sender}:*`];
  const texts = [...userIds].map((id) =>
    Buffer.from(id.replaceAll('-', ''), 'hex').toString('base64url'),
  );
  const messages: string[] = [];
  for (let at = 0; at < texts.length; at += MAX_IDS) {
    messages.push(`${sender}:${texts.slice(at, at + MAX_IDS).join('')}`);
  }
  return messages;
}

/** Null for the receiver's own messages, which it told its listeners itself, and for strange ones. */
export function decodeNews(receiver: string, message: string): FeedNews | null {
  const text = message.slice(SENDER_LENGTH + 1);
  if (message.startsWith(receiver) || message[SENDER_LENGTH] !== ':') return null;
  if (text === '*') return 'all';
  if (text.length % ID_LENGTH !== 0 || !/^[\w-]*$/.test(text)) return null;
  const userIds = new Set<UserId>();
  for (let at = 0; at < text.length; at += ID_LENGTH) {
    const hex = Buffer.from(text.slice(at, at + ID_LENGTH), 'base64url').toString('hex');
    const id = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
    userIds.add(id as UserId);
  }
  return userIds;
}
