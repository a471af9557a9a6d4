import { lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { setImmediate as yieldToOthers } from 'node:timers/promises';
import { type FileName, nameKey, parseLinkTarget, parseName } from '@valise/core/names';
import { CliError } from '../run/cli-error.ts';
import { type Failure, failureOf } from '../run/failure.ts';

/**
 * What lies below a local path, depth first, each folder before its content. Symlinks are told,
 * never followed. What cannot be stored comes as `refused`, and the walk goes on.
 */
export type LocalEntry =
  | (Place & { readonly kind: 'folder' })
  | (Place & {
      readonly kind: 'file';
      readonly size: number;
      readonly modifiedAt: Date;
      readonly executable: boolean;
    })
  | (Place & { readonly kind: 'symlink'; readonly target: string; readonly modifiedAt: Date })
  | { readonly kind: 'refused'; readonly localPath: string; readonly failure: Failure };

interface Place {
  readonly localPath: string;
  /** Names from the start of the walk down; empty for the start itself. */
  readonly names: readonly FileName[];
}

/** The file system is asked synchronously (30 times cheaper), so others get a turn this often. */
const ENTRIES_PER_TURN = 256;

export async function* walkLocal(start: string, signal: AbortSignal): AsyncGenerator<LocalEntry> {
  const stack: LocalEntry[] = [describe({ localPath: start, names: [] })];
  for (let count = 1; ; count++) {
    const entry = stack.pop();
    if (entry === undefined) return;
    if (count % ENTRIES_PER_TURN === 0) await yieldToOthers();
    signal.throwIfAborted();
    const below = entry.kind === 'folder' ? listFolder(entry) : [];
    if ('failure' in below) {
      yield below;
      continue;
    }
    yield entry;
    for (const child of below.reverse()) stack.push(child);
  }
}

/** The entries of a folder by name, or why it can't be read. */
function listFolder(folder: Place): LocalEntry[] | Refused {
  const taken = new Map<string, string>();
  try {
    const raw = readdirSync(folder.localPath, { encoding: 'buffer' });
    return raw.sort(Buffer.compare).map((bytes) => child(folder, bytes, taken));
  } catch (error) {
    return refuse(folder.localPath, error);
  }
}

/**
 * A name that another sibling holds but for case or normalisation would silently replace it on
 * the server. The first one in byte order goes, the others are refused.
 */
function child(folder: Place, bytes: Buffer, taken: Map<string, string>): LocalEntry {
  const raw = bytes.toString('utf8');
  const localPath = `${folder.localPath.replace(/\/+$/, '')}/${raw}`;
  try {
    if (!Buffer.from(raw).equals(bytes)) {
      throw new CliError('local-name', 'Its name is not UTF-8. Rename it.');
    }
    const name = parseName(raw, 'Its name');
    const twin = taken.get(nameKey(name));
    if (twin !== undefined) {
      throw new CliError('local-name', `Only case or accents tell it from “${twin}”. Rename one.`);
    }
    taken.set(nameKey(name), raw);
    return describe({ localPath, names: [...folder.names, name] });
  } catch (error) {
    return refuse(localPath, error);
  }
}

function describe(place: Place): LocalEntry {
  try {
    const stats = lstatSync(place.localPath);
    if (stats.isDirectory()) return { ...place, kind: 'folder' };
    if (stats.isSymbolicLink()) {
      const target = readTarget(place.localPath);
      return { ...place, kind: 'symlink', target, modifiedAt: stats.mtime };
    }
    if (stats.isFile()) {
      const executable = (stats.mode & 0o100) !== 0;
      return { ...place, kind: 'file', size: stats.size, modifiedAt: stats.mtime, executable };
    }
    throw new CliError('unsupported-kind', 'Only files, folders and symlinks can be stored.');
  } catch (error) {
    return refuse(place.localPath, error);
  }
}

function readTarget(localPath: string): string {
  const bytes = readlinkSync(localPath, { encoding: 'buffer' });
  const target = bytes.toString('utf8');
  if (Buffer.from(target).equals(bytes)) return parseLinkTarget(target, 'Its target');
  throw new CliError('local-name', 'This symlink’s target is not UTF-8.');
}

type Refused = Extract<LocalEntry, { readonly kind: 'refused' }>;

/** A defect of ours is no property of the file: it goes on up. */
function refuse(localPath: string, error: unknown): Refused {
  const failure = failureOf(error);
  if (failure.code === 'unexpected') throw error;
  return { kind: 'refused', localPath, failure };
}
