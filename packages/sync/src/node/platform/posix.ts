import { constants, readlinkSync } from 'node:fs';
import { symlink } from 'node:fs/promises';
import { syncFolder } from '@valise/client-node';
import type { Platform } from './platform.ts';

/** What Linux and macOS have in common. */
export const posix: Omit<Platform, 'inodeOf' | 'keepsInodes' | 'unwatched' | 'watch'> = {
  hasModes: true,
  hasWindowsNames: false,
  // Its owner may set them whatever the mode, so that nobody need be let write.
  openForMeta: constants.O_RDONLY | constants.O_NOFOLLOW,
  keepsOpenFiles: true,
  syncFolder,
  makeSymlink: (target, path) => symlink(target, path),
  readSymlink: (path) => readlinkSync(path),
  isBusy: () => false,
  adviceOn: () => null,
};
