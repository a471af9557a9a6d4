import { readS3Records } from './s3-records.ts';
import { kindOf, member, type StoreEvent } from './store-event.ts';

/**
 * What a message says, whoever sent it. Known are: `Records` (AWS, MinIO, Ceph, the embedded
 * store), EventBridge's form of one event, AWS's test event, and each of these inside the envelope
 * that SNS puts around what it passes on.
 */
export type StoreMessage =
  | {
      readonly kind: 'events';
      readonly events: readonly StoreEvent[];
      /** Records that say nothing readable. */
      readonly unreadable: number;
    }
  /** Sent when notifications are switched on: the way is open. */
  | { readonly kind: 'test' }
  | { readonly kind: 'unreadable' };

const UNREADABLE: StoreMessage = { kind: 'unreadable' };

/** Never throws; the message may be anything that JSON can hold. */
export function readMessage(message: unknown): StoreMessage {
  const inner = member(message, 'Type') === 'Notification' ? member(message, 'Message') : null;
  return typeof inner === 'string' ? readText(inner, readPlain) : readPlain(message);
}

/** The same for a message that is still text. */
export function readMessageText(text: string): StoreMessage {
  return readText(text, readMessage);
}

function readText(text: string, read: (value: unknown) => StoreMessage): StoreMessage {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return UNREADABLE;
  }
  return read(value);
}

function readPlain(message: unknown): StoreMessage {
  const records = readS3Records(message);
  if (records !== null) {
    const events = records.filter((event) => event !== null);
    const unreadable = records.length - events.length;
    return events.length === 0 && unreadable > 0
      ? UNREADABLE
      : { kind: 'events', events, unreadable };
  }
  if (member(message, 'Event') === 's3:TestEvent') return { kind: 'test' };
  const event = readEventBridge(message);
  return event === null ? UNREADABLE : { kind: 'events', events: [event], unreadable: 0 };
}

/** EventBridge writes keys as they are. */
function readEventBridge(message: unknown): StoreEvent | null {
  const type = member(message, 'detail-type');
  const detail = member(message, 'detail');
  const bucket = member(member(detail, 'bucket'), 'name');
  const key = member(member(detail, 'object'), 'key');
  if (member(message, 'source') !== 'aws.s3' || typeof type !== 'string') return null;
  if (typeof bucket !== 'string' || typeof key !== 'string') return null;
  return { kind: kindOf(type), bucket, key };
}
