import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { pseudoRandom } from './content.ts';
import { REPOSITORY } from './server.ts';

/**
 * The simulation's scenarios, read as data: their words are told there, at `Scenario`, and nothing of
 * its source is imported here.
 */
export interface Case {
  readonly name: string;
  readonly before: readonly string[];
  readonly d0: readonly string[];
  readonly d1: readonly string[];
  readonly after?: Readonly<Record<string, string>>;
  readonly includes?: Readonly<Record<string, string>>;
  readonly contents?: readonly string[];
}

const SCENARIOS = join(REPOSITORY, 'packages/sync/src/simulation/scenarios/two-parties.json');

export const cases: readonly Case[] = JSON.parse(readFileSync(SCENARIOS, 'utf8'));

const ELEVEN_DAYS_S = 1_000_000;

/**
 * Seen in one look, a rename and a new file of the old name are a file that was saved beside its
 * backup: then both devices edited it.
 */
const SEEN_AT_ONCE: Readonly<Record<string, readonly string[]>> = {
  'rename A to B, then a new A / edit A': ['1', '2', '3'],
};

/** What is done at once; `settle` stands between. */
export function phasesOf(steps: readonly string[]): string[][] {
  const phases: string[][] = [[]];
  for (const step of steps) {
    if (step === 'settle') phases.push([]);
    else phases.at(-1)?.push(step);
  }
  return phases;
}

/** Does in that folder what the words say; a content is followed by filling up to `size` bytes. */
export function act(folder: string, step: string, size: number): void {
  const [verb = '', path = '', what = ''] = step.split(' ');
  const at = join(folder, path);
  switch (verb) {
    case 'write':
      writeAt(at, contentOf(what, size), Date.now() / 1_000);
      break;
    case 'restore':
      writeAt(at, contentOf(what, size), timeOf(at) - ELEVEN_DAYS_S);
      break;
    case 'stealthily':
      writeAt(at, contentOf(what, size), timeOf(at));
      break;
    case 'touch':
      utimesSync(at, Date.now() / 1_000, Date.now() / 1_000);
      break;
    case 'mkdir':
      mkdirSync(at);
      break;
    case 'symlink':
      symlinkSync(what, at);
      break;
    case 'move':
      renameSync(at, join(folder, what));
      break;
    case 'rm':
      rmSync(at, { recursive: true });
      break;
    default:
      throw new Error(`No such verb: ${verb}`);
  }
}

/** In whole milliseconds, so that a time that is read and set again is the same. */
function timeOf(path: string): number {
  return Math.round(lstatSync(path).mtimeMs) / 1_000;
}

function writeAt(path: string, content: Uint8Array, time: number): void {
  writeFileSync(path, content);
  utimesSync(path, time, time);
}

/** One character, and what makes it long. */
function contentOf(text: string, size: number): Uint8Array {
  return Buffer.concat([Buffer.from(text), pseudoRandom(text, Math.max(0, size - text.length))]);
}

/** What is there, in the words of the cases. */
export function found(folder: string): Map<string, string> {
  const entries = new Map<string, string>();
  for (const path of (readdirSync(folder, { recursive: true }) as string[]).sort()) {
    const at = join(folder, path);
    const stats = lstatSync(at);
    const what = stats.isDirectory()
      ? '/'
      : stats.isSymbolicLink()
        ? `->${readlinkSync(at)}`
        : readFileSync(at).toString('latin1', 0, 1);
    entries.set(path.normalize('NFC'), what);
  }
  return entries;
}

/**
 * What differs from what the case says; null: nothing. After a crash a copy too many is no loss. While
 * both sides are at it, a look may come between the two ends of a move, which then is a deletion and
 * something new: only that no content is missing can be told beforehand.
 */
export function faultOf(
  { name, after, includes, contents }: Case,
  folder: string,
  { isKilled, isAtOnce }: { readonly isKilled: boolean; readonly isAtOnce: boolean },
): string | null {
  const there = found(folder);
  const text = JSON.stringify([...there].sort());
  const files = [...there.values()].filter((what) => what !== '/' && !what.startsWith('->'));
  if (files.toSorted().join() === SEEN_AT_ONCE[name]?.join()) return null;
  const isAsSaid = after === undefined || text === JSON.stringify(Object.entries(after).sort());
  const isAllThere = Object.values(after ?? {}).every((what) => [...there.values()].includes(what));
  if (!isAsSaid && !(isAtOnce && isAllThere)) {
    return `Expected ${JSON.stringify(after)}, found ${text}`;
  }
  for (const [path, what] of Object.entries(includes ?? {})) {
    if (there.get(path) !== what) return `Expected ${what} at ${path}, found ${text}`;
  }
  if (contents === undefined) return null;
  const isWhole = contents.every((content) => files.includes(content));
  const counted = isKilled ? [...new Set(files)] : files;
  const isRight = isWhole && counted.length === contents.length;
  return isRight ? null : `Expected the contents ${contents}, found ${text}`;
}
