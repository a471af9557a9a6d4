import { constants, readlinkSync } from 'node:fs';
import { symlink } from 'node:fs/promises';
import { UNWATCHED, watchWholeTree } from '../watching/whole-tree.ts';
import type { Platform } from './platform.ts';

/** How Windows says that a program has a file open without sharing it, as Node passes it on. */
const BUSY = new Set(['EBUSY', 'EPERM', 'EACCES']);

const OPEN_ELSEWHERE =
  'a program has it open, or you may not write here: close it there, or change the permissions';

/**
 * Written to Microsoft's and Node's documentation; never run on Windows. Paths beyond 260 characters
 * need nothing here: Node puts `\\?\` before every path.
 */
export const windows: Platform = {
  hasModes: false,
  hasWindowsNames: true,
  // Times can be set through a handle that may write alone.
  openForMeta: constants.O_RDWR,
  keepsOpenFiles: false,
  // NTFS's numbers hold a count of how often they were used.
  inodeOf: ({ ino }) => `${ino}`,
  keepsInodes: () => true,
  // A folder can't be opened, so there is nothing to sync: NTFS journals its names by itself.
  async syncFolder() {},
  makeSymlink: (target, path) => symlink(target.replaceAll('/', '\\'), path),
  readSymlink: (path) => readlinkSync(path).replaceAll('\\', '/'),
  isBusy(error) {
    if (!(error instanceof Error && 'code' in error && 'syscall' in error)) return false;
    // For making one, EPERM means the missing privilege.
    return BUSY.has(String(error.code)) && error.syscall !== 'symlink';
  },
  adviceOn(call, code) {
    if (call === 'symlink' && code === 'EPERM') {
      return 'Windows lets only administrators make symlinks: turn on Developer Mode in the settings';
    }
    return BUSY.has(code) ? OPEN_ELSEWHERE : null;
  },
  unwatched: UNWATCHED,
  watch: (root, onHint) => watchWholeTree(root, onHint, { separator: '\\' }),
};
