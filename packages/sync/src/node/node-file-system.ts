import { renameSync } from 'node:fs';
import { mkdir, open, rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import {
  type DiskEntry,
  DiskError,
  type FileMeta,
  type FileSystem,
  type LocalPath,
} from '../ports/file-system.ts';
import { diskError } from './disk-errors.ts';
import { type Disk, isSame, listFolder, lookAt } from './disk-looks.ts';
import { freshPlace, type OwnFolders } from './own-folders.ts';
import { placeInstead, placeNew } from './place-file.ts';
import { windowsNameFault } from './platform/windows-names.ts';

/**
 * The synced folder on a real disk.
 *
 * A look and the write that it is for happen within one turn of the event loop, microseconds apart;
 * Node offers no rename that refuses an existing target. New files are linked into place, which
 * does refuse. What is replaced is kept in the trash by a hard link, so that even a program that
 * wins that race loses nothing. For disks without hard links see `place-file.ts`.
 */
export function nodeFileSystem(root: string, own: OwnFolders, disk: Disk): FileSystem {
  const { platform } = disk;
  const at = (path: LocalPath) => (path === '' ? root : join(root, path));
  const must = (path: LocalPath): DiskEntry => {
    const entry = lookAt(disk, at(path));
    if (entry === null) throw new DiskError('missing', `${path} went.`);
    return entry;
  };
  const syncAbove = (path: LocalPath) => platform.syncFolder(dirname(at(path)));
  const guarded = async <T>(
    path: LocalPath,
    work: () => T | Promise<T>,
    { isWrite = false } = {},
  ): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw diskError(error, path, platform, { isWrite });
    }
  };
  const reading = <T>(path: LocalPath, work: () => T | Promise<T>) => guarded(path, work);
  const writing = <T>(path: LocalPath, work: () => Promise<T>) =>
    guarded(path, work, { isWrite: true });
  return {
    list: (path) => reading(path, () => listFolder(disk, at(path))),
    look: (path) => reading(path, () => lookAt(disk, at(path))),
    makeFolder: (path) =>
      writing(path, async () => {
        expectName(disk, path);
        await mkdir(at(path));
        await syncAbove(path);
        return must(path);
      }),
    makeSymlink: (path, target) =>
      writing(path, async () => {
        expectName(disk, path);
        await platform.makeSymlink(target, at(path));
        await syncAbove(path);
        return must(path);
      }),
    move: (from, to) =>
      writing(to, async () => {
        expectName(disk, to);
        must(from);
        const isTaken = lookAt(disk, at(to)) !== null && !isSame(at(from), at(to));
        if (isTaken) throw new DiskError('occupied', `There is something else at ${to}.`);
        renameSync(at(from), at(to));
        await syncAbove(to);
        if (dirname(from) !== dirname(to)) await syncAbove(from);
        return must(to);
      }),
    trash: (path) =>
      writing(path, async () => {
        await rename(at(path), await freshPlace(own.trash, basename(path)));
        await syncAbove(path);
      }),
    setMeta: (path, meta) =>
      writing(path, async () => {
        await setMeta(disk, at(path), meta);
        return must(path);
      }),
    place: (received, path, { replaces }) =>
      writing(path, async () => {
        expectName(disk, path);
        const before = lookAt(disk, received);
        const placing = { disk, trash: own.trash, received, target: at(path) };
        if (replaces === null) await placeNew(placing);
        else await placeInstead(placing, replaces);
        await syncAbove(path);
        const entry = must(path);
        return { entry, isUntouched: entry.stamp === before?.stamp };
      }),
  };
}

async function setMeta(
  { platform, traits }: Disk,
  path: string,
  { modifiedAt, executable }: FileMeta,
): Promise<void> {
  const file = await open(path, platform.openForMeta);
  try {
    if (traits.hasModes) {
      const { mode } = await file.stat();
      await file.chmod(modeOf(mode, executable));
    }
    await file.utimes(modifiedAt / 1_000, modifiedAt / 1_000);
  } finally {
    await file.close();
  }
}

/** Whoever may read it may also run it. */
function modeOf(mode: number, executable: boolean): number {
  return executable ? mode | ((mode & 0o444) >> 2) : mode & ~0o111;
}

/**
 * Before anything is done with it: Windows would make another file of some names (`a:b` is a stream
 * of `a`, `a.` is `a`), and one that no program can open of others.
 */
export function expectName({ traits }: Disk, path: LocalPath): void {
  const fault = traits.hasWindowsNames ? windowsNameFault(basename(path)) : null;
  if (fault === null) return;
  const advice = 'this disk holds no names with';
  throw new DiskError('refused', `${path}: ${advice} ${fault}: rename it on another device.`);
}
