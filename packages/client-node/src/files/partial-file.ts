import { createHash } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { ByteRange, SinkContent } from '@valise/client';

const PARTIAL_NAME = /^\.valise-[0-9a-f]{16}(-[0-9a-z]+)?\.(part|json)$/;

/** Whether a file name is that of an unfinished download or of the notes on one. */
export function isPartialName(name: string): boolean {
  return PARTIAL_NAME.test(name);
}

/** Where a target's unfinished bytes and the notes on them lie: beside it, for the rename. */
export interface PartialPaths {
  readonly bytes: string;
  readonly notes: string;
}

/** The same for the same target, so that a later attempt finds them; `unique` sets them apart. */
export function partialPaths(target: string, unique?: string): PartialPaths {
  const key = createHash('sha256').update(basename(target)).digest('hex').slice(0, 16);
  const stem = join(dirname(target), `.valise-${key}${unique === undefined ? '' : `-${unique}`}`);
  return { bytes: `${stem}.part`, notes: `${stem}.json` };
}

/** What an attempt noted about its progress; a hint, never trusted unverified. */
export interface PartialNotes extends SinkContent {
  readonly pid: number;
  readonly ranges: readonly ByteRange[];
}

/** Null for none, and for what a power cut left of some. */
export async function readNotes(path: string): Promise<PartialNotes | null> {
  const text = await readFile(path, 'utf8').catch(nullIfMissing);
  if (text === null) return null;
  try {
    return parseNotes(JSON.parse(text));
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

export async function writeNotes(path: string, notes: PartialNotes): Promise<void> {
  await writeFile(path, JSON.stringify(notes), { mode: 0o600 });
}

export async function removePartial(paths: PartialPaths): Promise<void> {
  await Promise.all([rm(paths.bytes, { force: true }), rm(paths.notes, { force: true })]);
}

function parseNotes(value: Partial<PartialNotes> | null): PartialNotes | null {
  const { pid, size, fingerprint, ranges } = value ?? {};
  if (typeof pid !== 'number' || typeof size !== 'number' || !Array.isArray(ranges)) return null;
  if (typeof fingerprint !== 'string') return null;
  const sound = ranges.filter((range: Partial<ByteRange> | null) => {
    const { offset, size: bytes } = range ?? {};
    return Number.isSafeInteger(offset) && Number.isSafeInteger(bytes);
  });
  return { pid, size, fingerprint, ranges: sound };
}

function nullIfMissing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null;
  throw error;
}
