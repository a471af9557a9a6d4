import { type BigIntStats, lstatSync, readdirSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { nameKey } from '@valise/core/names';
import type { DiskEntry } from '../ports/file-system.ts';
import { isYoung } from '../ports/young-file.ts';
import { isNodeError } from './disk-errors.ts';
import type { Platform } from './platform/platform.ts';
import type { DiskTraits } from './platform/probe-disk.ts';

/** Entries between two breaths of the event loop: 256 lstat calls take a millisecond. */
const SLICE = 256;

/** What there is to know of a disk before looking at it. */
export interface Disk {
  readonly platform: Platform;
  readonly traits: DiskTraits;
}

/** Null where there is no such folder. */
export async function listFolder(disk: Disk, path: string): Promise<DiskEntry[] | null> {
  let names: string[];
  try {
    if (lookAt(disk, path)?.kind !== 'folder') return null;
    names = await readdir(path);
  } catch (error) {
    if (isNodeError(error, 'ENOENT') || isNodeError(error, 'ENOTDIR')) return null;
    throw error;
  }
  const entries: DiskEntry[] = [];
  for (const [index, name] of names.entries()) {
    if (index % SLICE === SLICE - 1) await new Promise(setImmediate);
    const entry = lookAt(disk, join(path, name));
    if (entry !== null) entries.push(entry);
  }
  return entries;
}

/** Never follows a symlink. */
export function lookAt(disk: Disk, path: string): DiskEntry | null {
  const stats = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  return stats === undefined ? null : entryOf(disk, path, stats);
}

/**
 * Whether two paths name one thing, as `a` and `A` may. Where the disk gives each spelling a number
 * of its own, the folder's list tells: a name that is found and not listed is another's.
 */
export function isSame(left: string, right: string): boolean {
  const [one, other] = [left, right].map((path) =>
    lstatSync(path, { bigint: true, throwIfNoEntry: false }),
  );
  if (one === undefined || other === undefined) return false;
  if (one.ino === other.ino && one.dev === other.dev) return true;
  const isTwin = dirname(left) === dirname(right) && keyOf(left) === keyOf(right);
  return isTwin && !readdirSync(dirname(right)).includes(basename(right));
}

function keyOf(path: string): string {
  return nameKey(basename(path));
}

function entryOf({ platform, traits }: Disk, path: string, stats: BigIntStats): DiskEntry {
  const inode = inodeOf({ platform, traits }, stats);
  const plain = {
    name: basename(path),
    size: 0,
    modifiedAt: 0,
    executable: false,
    inode,
    stamp: inode,
    ctime: '',
  };
  if (stats.isDirectory()) return { ...plain, kind: 'folder' };
  if (stats.isSymbolicLink()) {
    return { ...plain, kind: 'symlink', target: platform.readSymlink(path) };
  }
  if (!stats.isFile()) return { ...plain, kind: 'other' };
  // To the nearest: a time written as seconds comes back a few nanoseconds short.
  const modifiedAt = Number((stats.mtimeNs + 500_000n) / 1_000_000n);
  return {
    ...plain,
    kind: 'file',
    size: Number(stats.size),
    modifiedAt,
    executable: traits.hasModes ? (stats.mode & 0o100n) !== 0n : null,
    stamp: stampOf({ platform, traits }, stats),
    ctime: changeTime(stats, { modifiedAt, step: traits.timeStep }),
  };
}

/** A file's. */
export function stampOf(disk: Disk, stats: BigIntStats): string {
  return `${stats.size}:${stats.mtimeNs}:${inodeOf(disk, stats)}`;
}

function inodeOf({ platform, traits }: Disk, stats: BigIntStats): string {
  // Some network drives number nothing.
  return traits.keepsInodes && stats.ino !== 0n ? platform.inodeOf(stats) : '';
}

let looks = 0;

function changeTime(
  { ctimeNs }: BigIntStats,
  { modifiedAt, step }: { readonly modifiedAt: number; readonly step: number },
): string {
  const now = Date.now();
  if (!isYoung(modifiedAt, { now, step })) return `${ctimeNs}`;
  looks++;
  return `${now} ${looks}`;
}
