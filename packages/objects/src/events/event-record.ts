import { encode } from '../sigv4/uri.ts';
import type { ReadFrame } from '../storage/journal.ts';
import type { JournalRecord } from '../storage/journal-record.ts';

/** One entry of `Records` in a message, in the shape of AWS's version 2.1. */
export type EventRecord = Readonly<Record<string, unknown>>;

interface Happening {
  readonly name: string;
  readonly bucket: string;
  readonly key: string;
  readonly at: number;
  readonly object: { readonly size?: number; readonly eTag?: string };
}

/** What a journal record tells the outside; null when it is of no concern there. */
export function eventOf({ frame, at }: ReadFrame): EventRecord | null {
  const happening = happeningOf(frame.record);
  if (!happening) return null;
  const { name, bucket, key, object } = happening;
  // Grows with every change of the store, so of two events of one key the later has the higher.
  const sequencer = [at.segment, at.offset].map((n) => n.toString(16).padStart(8, '0')).join('');
  return {
    eventVersion: '2.1',
    eventSource: 'aws:s3',
    awsRegion: 'valise',
    eventTime: new Date(happening.at).toISOString(),
    eventName: name,
    userIdentity: { principalId: 'valise' },
    requestParameters: { sourceIPAddress: '' },
    responseElements: {},
    s3: {
      s3SchemaVersion: '1.0',
      configurationId: 'valise',
      bucket: {
        name: bucket,
        ownerIdentity: { principalId: 'valise' },
        arn: `arn:aws:s3:::${bucket}`,
      },
      object: { key: encodedKey(key), ...object, sequencer },
    },
  };
}

function happeningOf(record: JournalRecord): Happening | null {
  switch (record.t) {
    case 'put': {
      const name = record.copied ? 'ObjectCreated:Copy' : 'ObjectCreated:Put';
      return { ...record, name, object: { size: record.size, eTag: record.etag } };
    }
    case 'done': {
      const { bucket, key, at, size, etag } = record;
      if (bucket === undefined || key === undefined) return null;
      const name = 'ObjectCreated:CompleteMultipartUpload';
      return { name, bucket, key, at, object: { size, eTag: etag } };
    }
    case 'del':
      return { ...record, name: 'ObjectRemoved:Delete', at: record.at ?? 0, object: {} };
    default:
      return null;
  }
}

/** As AWS writes keys in events: like a form's field, slashes plain. */
function encodedKey(key: string): string {
  return encode(key).replaceAll('%2F', '/').replaceAll('%20', '+');
}
