import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Disk } from './disk.ts';
import { type DiskFile, readAt } from './file-io.ts';

/*
 * One file of the journal, `<n>.log`: a head of 16 bytes, then frames. The head: magic 8 bytes ·
 * salt u32 · number of the lowest segment that the journal still needs u32, as of this one's
 * making. Version 1 had no such number: there nothing had been compacted.
 */

export const SEGMENT_HEAD = 16;
const MAGIC = Buffer.from('VALJRNL2');
const MAGIC_V1 = Buffer.from('VALJRNL1');

export class JournalDamaged extends Error {}

/** Bytes `from` up to `to` of a segment that hold no intact frame. */
export interface DamagedRange {
  readonly segment: number;
  readonly from: number;
  readonly to: number;
}

/** Told of damage, a reader goes on behind it; without, damage throws JournalDamaged. */
export type OnDamage = (what: string, range?: DamagedRange) => void;

export interface Segment {
  readonly number: number;
  readonly path: string;
  readonly file: DiskFile;
  readonly salt: number;
  /** Segments below this one are needed no more. */
  readonly first: number;
  size: number;
  /** When it was made, in ms since the epoch. */
  readonly made: number;
  /** Running reads; a segment that is dropped meanwhile is closed after the last. */
  holds: number;
}

export function segmentName(number: number): string {
  return `${String(number).padStart(8, '0')}.log`;
}

/** Appears as a whole, head included, or not at all. */
export async function createSegment(
  disk: Disk,
  folder: string,
  place: { number: number; first: number },
): Promise<Segment> {
  const { number, first } = place;
  const path = join(folder, segmentName(number));
  const head = Buffer.concat([MAGIC, randomBytes(4), Buffer.alloc(4)]);
  head.writeUInt32BE(first, 12);
  const file = await disk.open(`${path}.new`, 'w+', 0o600);
  try {
    await file.write(head, 0, head.length, 0);
    await file.sync();
    await disk.rename(`${path}.new`, path);
    await disk.syncFolder(folder);
  } catch (error) {
    await file.close();
    // Whichever of the two is there: nobody may take it for a segment later.
    await disk.unlink(`${path}.new`).catch(() => undefined);
    await disk.unlink(path).catch(() => undefined);
    throw error;
  }
  const salt = head.readUInt32BE(8);
  return { number, path, file, salt, first, size: SEGMENT_HEAD, made: Date.now(), holds: 0 };
}

/** Throws JournalDamaged when it has no valid head. */
export async function openSegment(disk: Disk, folder: string, number: number): Promise<Segment> {
  const path = join(folder, segmentName(number));
  const file = await disk.open(path, 'r+');
  const { size, birthtimeMs: made } = await file.stat();
  const head = await readAt(file, 0, Math.min(size, SEGMENT_HEAD));
  const magic = head.subarray(0, MAGIC.length);
  const known = magic.equals(MAGIC) || magic.equals(MAGIC_V1);
  if (head.length < SEGMENT_HEAD || !known) {
    await file.close();
    throw new JournalDamaged(`journal segment ${number} has no valid head`);
  }
  const first = magic.equals(MAGIC) ? head.readUInt32BE(12) : 1;
  const salt = head.readUInt32BE(8);
  return { number, path, file, salt, first, size, made, holds: 0 };
}
