import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Disk } from './disk.ts';
import { JournalDamaged, type OnDamage, openSegment, type Segment } from './segment.ts';

/** A segment that the journal needs no more, kept for whoever copies the folder at the moment. */
export interface RetiredSegment {
  readonly number: number;
  readonly path: string;
  readonly size: number;
  /** In ms since the epoch. */
  readonly since: number;
}

export interface JournalSegments {
  readonly segments: Segment[];
  readonly retired: readonly RetiredSegment[];
}

export const byNumber = (a: number, b: number): number => a - b;

/**
 * Opens the segments of the journal; misses none in between. Whoever asks to be told of damage
 * (a check) gets the retired ones that join them, too: more of them may be intact.
 */
export async function openSegments(
  place: { readonly folder: string; readonly disk: Disk },
  onDamage?: OnDamage,
): Promise<JournalSegments> {
  const damaged = (error: unknown): void => {
    if (!(error instanceof JournalDamaged) || !onDamage) throw error;
    onDamage(error.message);
  };
  const opened: Segment[] = [];
  try {
    for (const number of await segmentNumbers(place)) {
      await openSegment(place.disk, place.folder, number).then((segment) => {
        opened.push(segment);
      }, damaged);
    }
    const first = opened.at(-1)?.first ?? 1;
    const start = onDamage ? Math.min(first, startOfLastRun(opened)) : first;
    const segments = opened.filter((segment) => segment.number >= start);
    const missing = missingFrom(segments, start);
    if (missing !== null) damaged(new JournalDamaged(`journal segment ${missing} is missing`));
    const retired: RetiredSegment[] = [];
    for (const segment of opened.filter(({ number }) => number < start)) {
      await segment.file.close();
      const { number, path, size } = segment;
      // The one that doesn't need it any more was made at the moment when it was retired.
      const since = opened.find((later) => later.first > number)?.made ?? segment.made;
      retired.push({ number, path, size, since });
    }
    return { segments, retired };
  } catch (error) {
    for (const segment of opened) await segment.file.close().catch(() => undefined);
    throw error;
  }
}

/** Removes what an interrupted start of a segment left. */
async function segmentNumbers({ folder, disk }: { folder: string; disk: Disk }): Promise<number[]> {
  await disk.mkdir(folder);
  await disk.syncFolder(dirname(folder));
  const names = await readdir(folder);
  for (const name of names) {
    if (name.endsWith('.new')) await disk.unlink(join(folder, name));
  }
  return names
    .filter((name) => /^\d{8}\.log$/.test(name))
    .map((name) => Number.parseInt(name, 10))
    .sort(byNumber);
}

function startOfLastRun(segments: readonly Segment[]): number {
  let start = segments.at(-1)?.number ?? 1;
  for (const { number } of segments.toReversed()) if (number === start - 1) start = number;
  return start;
}

function missingFrom(segments: readonly Segment[], first: number): number | null {
  const gap = segments.findIndex(({ number }, at) => number !== first + at);
  return gap < 0 ? null : first + gap;
}
