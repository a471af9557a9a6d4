import { type FileName, MAX_NAME_BYTES, parseName } from './file-name.ts';
import { cutToBytes, utf8Length } from './utf8.ts';

/** A device's or person's name inside a file name leaves room for the file's own. */
const MAX_AUTHOR_BYTES = 64;

/** An ending longer than this, or with a space in it, is part of the title, not a type. */
const EXTENSION = /^(.+)(\.[^.\s]{1,16})$/su;

const CONFLICT_MARK = ' (conflicted copy, ';
const CONFLICT_SUFFIX = /^ \(conflicted copy, .+, \d{4}-\d{2}-\d{2}\)(?: \d+)?$/su;
const RESTORED_SUFFIX = / \(restored\)(?: \d+)?$/u;

/** Under this name appears what others share, as long as nothing of one's own has it. */
export const SHARED_FOLDER_NAME = 'Shared with me';

export interface ConflictedCopy {
  /** Whose version it holds: the device's name for the same person, else the person's. */
  readonly by: string;
  /** The suffix carries its UTC day. */
  readonly date: Date;
}

export type IsTaken = (candidate: FileName) => boolean;

/** `report (conflicted copy, Ann's laptop, 2026-11-22).odt`, or the first with a number free. */
export function conflictedCopyName(
  name: FileName,
  options: ConflictedCopy & { readonly taken: IsTaken },
): FileName {
  return firstFree(conflictedCopyNames(name, options), options.taken);
}

/** All names that `conflictedCopyName` tries, in order. */
export function conflictedCopyNames(name: FileName, copy: ConflictedCopy): Generator<FileName> {
  const { stem, extension } = split(name);
  const day = copy.date.toISOString().slice(0, 10);
  const suffix = `${CONFLICT_MARK}${authorInName(copy.by)}, ${day})`;
  return numbered(withoutConflicts(stem), suffix, extension);
}

/** `report (restored).odt`, or the first with a number free. */
export function restoredName(name: FileName, taken: IsTaken): FileName {
  return firstFree(restoredNames(name), taken);
}

/** Of what somebody shared. */
export interface SharedCopy {
  /** Who shared it. */
  readonly by: string;
  /** A folder's name has no extension. */
  readonly isFolder: boolean;
}

/** Its own name; if that is taken `Plans (Ann)`, `plan (Ann).odt`, or the first number free. */
export function sharedName(
  name: FileName,
  { by, isFolder, taken }: SharedCopy & { readonly taken: IsTaken },
): FileName {
  if (!taken(name)) return name;
  const { stem, extension } = isFolder ? { stem: name, extension: '' } : split(name);
  return firstFree(numbered(stem, ` (${authorInName(by)})`, extension), taken);
}

function restoredNames(name: FileName): Generator<FileName> {
  const { stem, extension } = split(name);
  const bare = stem.replace(RESTORED_SUFFIX, '');
  return numbered(bare === '' ? stem : bare, ' (restored)', extension);
}

function firstFree(candidates: Generator<FileName>, taken: IsTaken): FileName {
  const free = candidates.find((candidate) => !taken(candidate));
  if (free === undefined) throw new Error('The candidates never end.');
  return free;
}

function* numbered(stem: string, suffix: string, extension: string): Generator<FileName> {
  for (let number = 1; ; number++) {
    const tail = `${suffix}${number === 1 ? '' : ` ${number}`}${extension}`;
    yield parseName(cutToBytes(stem, MAX_NAME_BYTES - utf8Length(tail)) + tail);
  }
}

/** A leading dot hides a file and starts no extension. */
function split(name: FileName): { readonly stem: string; readonly extension: string } {
  const match = EXTENSION.exec(name);
  return { stem: match?.[1] ?? name, extension: match?.[2] ?? '' };
}

/** A conflict about a conflicted copy is about the file: suffixes don't pile up. */
function withoutConflicts(stem: string): string {
  const at = stem.lastIndexOf(CONFLICT_MARK);
  if (at <= 0 || !CONFLICT_SUFFIX.test(stem.slice(at))) return stem;
  return withoutConflicts(stem.slice(0, at));
}

/** Names of people and devices are free text: what a file name can't hold becomes `-` or goes. */
function authorInName(by: string): string {
  const legal = by
    .toWellFormed()
    .normalize('NFC')
    .replaceAll('/', '-')
    .replace(/\p{Cc}+/gu, ' ')
    .trim();
  return cutToBytes(legal === '' ? 'someone' : legal, MAX_AUTHOR_BYTES).trimEnd();
}
