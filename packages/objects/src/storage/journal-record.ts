import { crc32 } from 'node:zlib';
import type { Extents } from './extent.ts';

/** What a client said about content, kept and given back. Header names in lower case. */
export type ContentHeaders = Readonly<Record<string, string>>;
/** Verified checksums by algorithm (`crc32`, `sha256` …), base64 as S3 writes them. */
export type Checksums = Readonly<Record<string, string>>;

/**
 * One fact of the journal. Replaying all of them in order rebuilds the index, so a record says
 * everything that isn't implied by those before it, the time included.
 */
export type JournalRecord =
  | { readonly t: 'bucket'; readonly name: string; readonly at: number }
  | { readonly t: 'unbucket'; readonly name: string }
  | PutRecord
  | { readonly t: 'del'; readonly bucket: string; readonly key: string; readonly at?: number }
  | MultipartRecord
  | PartRecord
  | DoneRecord
  | { readonly t: 'abort'; readonly upload: string }
  | ConfigRecord
  | RestateRecord
  | BlobsRecord;

/** A blob's length, and the CRC-32 of all of it. */
export type BlobFacts = readonly [id: string, size: number, crc: number];

export interface PutRecord {
  readonly t: 'put';
  readonly bucket: string;
  readonly key: string;
  readonly size: number;
  readonly etag: string;
  readonly at: number;
  readonly extents: Extents;
  readonly headers: ContentHeaders;
  readonly checksums: Checksums;
  /** The blob that this record is the first to name. */
  readonly blob?: BlobFacts;
  /** Present on copies, which listeners to events tell apart. */
  readonly copied?: true;
}

export interface MultipartRecord {
  readonly t: 'multipart';
  readonly upload: string;
  readonly bucket: string;
  readonly key: string;
  readonly at: number;
  readonly headers: ContentHeaders;
}

export interface PartRecord {
  readonly t: 'part';
  readonly upload: string;
  readonly number: number;
  readonly size: number;
  readonly etag: string;
  readonly at: number;
  readonly extents: Extents;
  readonly checksums: Checksums;
  /** As in PutRecord. */
  readonly blob?: BlobFacts;
}

/** Makes the object from these parts as they stand; all other parts of the upload are dropped. */
export interface DoneRecord {
  readonly t: 'done';
  readonly upload: string;
  readonly parts: readonly number[];
  readonly size: number;
  readonly etag: string;
  readonly at: number;
  readonly checksums: Checksums;
  /** Where the object stands; said here too for readers that have no index (events). */
  readonly bucket?: string;
  readonly key?: string;
}

/** A setting of a bucket (`lifecycle`, `cors`), as JSON; null removes it. */
export interface ConfigRecord {
  readonly t: 'config';
  readonly bucket: string;
  readonly name: string;
  readonly value: string | null;
}

/** Number and size of each part that an object was made of, in order. */
export type PartSizes = readonly (readonly [number: number, size: number])[];

/** A compaction repeats an object as it stands, so that older records are needed no more. */
export interface RestateRecord {
  readonly t: 'restate';
  readonly bucket: string;
  readonly key: string;
  readonly size: number;
  readonly etag: string;
  readonly at: number;
  readonly extents: Extents;
  readonly headers: ContentHeaders;
  readonly checksums: Checksums;
  readonly upload: string | null;
  readonly parts: PartSizes | null;
  /** As in PutRecord. */
  readonly blob?: BlobFacts;
}

/** What is known of blobs, repeated by a compaction before the objects that name them. */
export interface BlobsRecord {
  readonly t: 'blobs';
  readonly list: readonly BlobFacts[];
}

/*
 * A frame: magic u32 · body length u32 · batch u48 · frames that follow in the
 * batch u16 · CRC-32 u32 of all but itself, seeded with the journal's salt, · header length u32 · JSON header · inline bytes.
 * The salt keeps content that looks like a frame (a copy of some journal) from being one.
 */
const MAGIC = 0x564a_5231;
const NOTHING = Buffer.alloc(0);
export const FRAME_HEAD = 24;
/** A frame holds one inline object and its header, or a list of 10,000 part numbers. */
export const MAX_FRAME = 4 * 1024 * 1024;

export interface Frame {
  readonly record: JournalRecord;
  readonly batch: number;
  /** How many frames of the same batch follow this one. */
  readonly following: number;
  /** Where the inline bytes start, counted from the frame's start. */
  readonly inlineOffset: number;
  readonly length: number;
}

export interface EncodedFrame {
  readonly head: Buffer;
  readonly inline: Buffer;
  readonly inlineOffset: number;
  readonly length: number;
}

/** A frame but for its batch and checksum, which `sealBatch` fills in. */
export function encodeFrame(record: JournalRecord, inline: Buffer = NOTHING): EncodedFrame {
  const json = Buffer.from(JSON.stringify(record));
  const head = Buffer.allocUnsafe(FRAME_HEAD + json.length);
  head.writeUInt32BE(MAGIC, 0);
  if (head.length + inline.length > MAX_FRAME) throw new Error('a record is too large to be read');
  head.writeUInt32BE(FRAME_HEAD - 8 + json.length + inline.length, 4);
  head.writeUInt32BE(json.length, 20);
  json.copy(head, FRAME_HEAD);
  return { head, inline, inlineOffset: head.length, length: head.length + inline.length };
}

export function sealBatch(frames: readonly EncodedFrame[], batch: number, salt: number): void {
  for (const [index, { head, inline }] of frames.entries()) {
    head.writeUIntBE(batch, 8, 6);
    head.writeUInt16BE(frames.length - 1 - index, 14);
    head.writeUInt32BE(checksum(head, inline, salt), 16);
  }
}

function checksum(head: Buffer, inline: Buffer, salt: number): number {
  const start = crc32(head.subarray(0, 16), salt);
  return crc32(inline, crc32(head.subarray(20), start));
}

/** The frame at `at`, null when the bytes there aren't a whole intact frame. */
export function decodeFrame(bytes: Buffer, at: number, salt: number): Frame | null {
  if (bytes.length - at < FRAME_HEAD || bytes.readUInt32BE(at) !== MAGIC) return null;
  const length = bytes.readUInt32BE(at + 4) + 8;
  if (length < FRAME_HEAD || length > MAX_FRAME || bytes.length - at < length) return null;
  const frame = bytes.subarray(at, at + length);
  const jsonLength = frame.readUInt32BE(20);
  if (jsonLength > length - FRAME_HEAD) return null;
  const headEnd = FRAME_HEAD + jsonLength;
  const sum = checksum(frame.subarray(0, headEnd), frame.subarray(headEnd), salt);
  if (sum !== frame.readUInt32BE(16)) return null;
  const record = JSON.parse(frame.toString('utf8', FRAME_HEAD, headEnd)) as JournalRecord;
  const batch = frame.readUIntBE(8, 6);
  return { record, batch, following: frame.readUInt16BE(14), inlineOffset: headEnd, length };
}

/** The next place from `at` on where a frame could start, -1 if none. */
export function findMagic(bytes: Buffer, at: number): number {
  const magic = Buffer.allocUnsafe(4);
  magic.writeUInt32BE(MAGIC);
  return bytes.indexOf(magic, at);
}
