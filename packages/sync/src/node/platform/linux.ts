import { statfsSync } from 'node:fs';
import { watchEachFolder } from '../watching/each-folder.ts';
import type { Platform } from './platform.ts';
import { posix } from './posix.ts';

/** Of every file system that a program serves: most of them number files as they come. */
const FUSE_TYPE = 0x65735546;

export const linux: Platform = {
  ...posix,
  // A number is used again at once; with its time of birth, where the disk has one, it is unique.
  inodeOf: ({ ino, birthtimeNs }) => `${ino}.${birthtimeNs}`,
  keepsInodes: (root) => statfsSync(root).type !== FUSE_TYPE,
  unwatched:
    'there are more folders than the system lets us watch, so some changes here are found by ' +
    'scans, up to minutes later: raise fs.inotify.max_user_watches (sysctl)',
  watch: watchEachFolder,
};
