import { constants, linkSync, lstatSync, mkdirSync, readlinkSync, renameSync } from 'node:fs';
import { mkdir, open, readdir, rename, rm, symlink, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { syncFolder } from '@valise/client-node';
import {
  type DiskEntry,
  DiskError,
  type FileSystem,
  identityOf,
  type LocalPath,
} from '../ports/file-system.ts';
import { diskError, isNodeError } from './disk-errors.ts';

/** Entries between two breaths of the event loop: 256 lstat calls take a millisecond. */
const SLICE = 256;

/** Where things lie that the agent has taken off the folder or not yet put into it. */
export interface OwnFolders {
  readonly received: string;
  readonly trash: string;
}

/**
 * The synced folder on a POSIX disk.
 *
 * A look and the write that it is for happen within one turn of the event loop, microseconds apart;
 * Node offers no rename that refuses an existing target. New files are linked into place, which
 * does refuse. What is replaced is kept in the trash by a hard link, so that even a program that
 * wins that race loses nothing.
 */
export function nodeFileSystem(root: string, own: OwnFolders): FileSystem {
  const at = (path: LocalPath) => (path === '' ? root : join(root, path));
  const look = (path: LocalPath) => lookAt(at(path));
  const must = (path: LocalPath): DiskEntry => {
    const entry = look(path);
    if (entry === null) throw new DiskError('missing', `${path} went.`);
    return entry;
  };
  return {
    list: (path) => guarded(path, () => list(at(path))),
    look: (path) => guarded(path, async () => look(path)),
    makeFolder: (path) =>
      guarded(path, async () => {
        await mkdir(at(path));
        await syncFolder(dirname(at(path)));
        return must(path);
      }),
    makeSymlink: (path, target) =>
      guarded(path, async () => {
        await symlink(target, at(path));
        await syncFolder(dirname(at(path)));
        return must(path);
      }),
    move: (from, to) =>
      guarded(to, async () => {
        const source = must(from);
        const there = look(to);
        if (there !== null && there.inode !== source.inode) throw occupied(to);
        renameSync(at(from), at(to));
        await syncFolder(dirname(at(to)));
        if (dirname(from) !== dirname(to)) await syncFolder(dirname(at(from)));
        return must(to);
      }),
    trash: (path) =>
      guarded(path, async () => {
        await rename(at(path), await freshPlace(own.trash, basename(path)));
        await syncFolder(dirname(at(path)));
      }),
    setMeta: (path, { modifiedAt, executable }) =>
      guarded(path, async () => {
        const file = await open(at(path), constants.O_RDONLY | constants.O_NOFOLLOW);
        try {
          const { mode } = await file.stat();
          await file.chmod(modeOf(mode, executable));
          await file.utimes(modifiedAt / 1_000, modifiedAt / 1_000);
        } finally {
          await file.close();
        }
        return must(path);
      }),
    place: (received, path, { replaces }) =>
      guarded(path, async () => {
        const before = lookAt(received);
        if (replaces === null) {
          linkSync(received, at(path));
          await unlink(received);
        } else await replace(own, { received, target: at(path), replaces });
        await syncFolder(dirname(at(path)));
        const entry = must(path);
        return { entry, isUntouched: entry.stamp === before?.stamp };
      }),
  };
}

/** The old file stays in the trash if it turns out to be another one than was meant. */
async function replace(
  own: OwnFolders,
  {
    received,
    target,
    replaces,
  }: {
    readonly received: string;
    readonly target: string;
    readonly replaces: string;
  },
): Promise<void> {
  const kept = await freshPlace(own.trash, basename(target));
  const before = lookAt(target);
  if (before === null || identityOf(before) !== replaces) {
    throw new DiskError('changed', `${target} changed meanwhile.`);
  }
  linkSync(target, kept);
  renameSync(received, target);
  const old = lookAt(kept);
  if (old?.stamp === before.stamp) await rm(kept);
}

async function list(path: string): Promise<DiskEntry[] | null> {
  let names: string[];
  try {
    if (lookAt(path)?.kind !== 'folder') return null;
    names = await readdir(path);
  } catch (error) {
    if (isNodeError(error, 'ENOENT') || isNodeError(error, 'ENOTDIR')) return null;
    throw error;
  }
  const entries: DiskEntry[] = [];
  for (const [index, name] of names.entries()) {
    if (index % SLICE === SLICE - 1) await new Promise(setImmediate);
    const entry = lookAt(join(path, name));
    if (entry !== null) entries.push(entry);
  }
  return entries;
}

/** Never follows a symlink. */
function lookAt(path: string): DiskEntry | null {
  const stats = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  if (stats === undefined) return null;
  const name = basename(path);
  const inode = `${stats.ino}.${stats.birthtimeNs}`;
  const plain = { name, size: 0, modifiedAt: 0, executable: false, inode, stamp: inode, ctime: '' };
  if (stats.isDirectory()) return { ...plain, kind: 'folder' };
  if (stats.isSymbolicLink()) {
    const target = readlinkSync(path);
    return { ...plain, kind: 'symlink', target };
  }
  if (!stats.isFile()) return { ...plain, kind: 'other' };
  return {
    ...plain,
    kind: 'file',
    size: Number(stats.size),
    // To the nearest: a time written as seconds comes back a few nanoseconds short.
    modifiedAt: Number((stats.mtimeNs + 500_000n) / 1_000_000n),
    executable: (stats.mode & 0o100n) !== 0n,
    stamp: `${stats.size}:${stats.mtimeNs}:${inode}`,
    ctime: `${stats.ctimeNs}`,
  };
}

/** Whoever may read it may also run it. */
function modeOf(mode: number, executable: boolean): number {
  return executable ? mode | ((mode & 0o444) >> 2) : mode & ~0o111;
}

/** A name in the trash that nothing has: by day, then numbered. */
async function freshPlace(trash: string, name: string): Promise<string> {
  const day = join(trash, new Date().toISOString().slice(0, 10));
  await mkdir(day, { recursive: true });
  for (let number = 1; ; number++) {
    const path = join(day, number === 1 ? name : `${number} ${name}`);
    if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return path;
  }
}

export function makeOwnFolders(root: string): OwnFolders {
  const own = {
    received: join(root, '.valise', 'received'),
    trash: join(root, '.valise', 'trash'),
  };
  mkdirSync(own.received, { recursive: true });
  mkdirSync(own.trash, { recursive: true });
  return own;
}

function occupied(path: LocalPath): DiskError {
  return new DiskError('occupied', `There is something else at ${path}.`);
}

async function guarded<T>(path: LocalPath, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw diskError(error, path);
  }
}
