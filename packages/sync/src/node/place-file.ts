import {
  closeSync,
  createReadStream,
  createWriteStream,
  fstatSync,
  linkSync,
  openSync,
  renameSync,
} from 'node:fs';
import { rm, unlink } from 'node:fs/promises';
import { basename } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type DiskEntry, DiskError, identityOf } from '../ports/file-system.ts';
import { isNodeError } from './disk-errors.ts';
import { type Disk, lookAt, stampOf } from './disk-looks.ts';
import { freshPlace } from './own-folders.ts';
import { isNoLink } from './platform/probe-disk.ts';

export interface Placing {
  readonly disk: Disk;
  readonly trash: string;
  /** Where the file lies, and where it is to go. */
  readonly received: string;
  readonly target: string;
}

/** Puts a file where nothing is; what there is stays, and it fails with `occupied`. */
export async function placeNew({ disk, received, target }: Placing): Promise<void> {
  if (disk.traits.hasLinks) {
    try {
      linkSync(received, target);
      await unlink(received);
      return;
    } catch (error) {
      // As many names as it may have, or a disk that was too full to be asked.
      if (!isNodeError(error, 'EMLINK') && !isNoLink(error)) throw error;
    }
  }
  if (lookAt(disk, target) !== null) {
    throw new DiskError('occupied', `There is something else at ${target}.`);
  }
  renameSync(received, target);
}

/**
 * Puts a file into another one's place. What was there is kept until it is sure that it was what was
 * meant (`identity`): if a program wrote into it in the last moment, it stays in the trash.
 */
export async function placeInstead(placing: Placing, identity: string): Promise<void> {
  const { disk, target, trash } = placing;
  const kept = await freshPlace(trash, basename(target));
  const before = lookAt(disk, target);
  if (before === null || identityOf(before) !== identity) {
    throw new DiskError('changed', `${target} changed meanwhile.`);
  }
  if (disk.traits.hasLinks) await keepingLinked(placing, { before, kept });
  else if (disk.platform.keepsOpenFiles) await keepingOpen(placing, { before, kept });
  else renameSync(placing.received, target);
}

interface Kept {
  readonly before: DiskEntry;
  /** Its place in the trash. */
  readonly kept: string;
}

/** Under a second name. */
async function keepingLinked({ disk, received, target }: Placing, { before, kept }: Kept) {
  linkSync(target, kept);
  try {
    renameSync(received, target);
  } catch (error) {
    await rm(kept);
    throw error;
  }
  if (lookAt(disk, kept)?.stamp === before.stamp) await rm(kept);
}

/** Where there are no second names: by having it open. */
async function keepingOpen({ disk, received, target }: Placing, { before, kept }: Kept) {
  const old = openSync(target, 'r');
  const stamp = () => stampOf(disk, fstatSync(old, { bigint: true }));
  try {
    const opened = stamp();
    renameSync(received, target);
    if (opened === before.stamp && stamp() === opened) return;
    const content = createReadStream(target, { fd: old, start: 0, autoClose: false });
    await pipeline(content, createWriteStream(kept, { flush: true }));
  } finally {
    closeSync(old);
  }
}
