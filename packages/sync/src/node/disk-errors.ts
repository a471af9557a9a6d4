import { DiskError, type DiskErrorCode, type LocalPath } from '../ports/file-system.ts';
import type { Platform } from './platform/platform.ts';

const CODES: Readonly<Record<string, DiskErrorCode>> = {
  EEXIST: 'occupied',
  ENOTEMPTY: 'occupied',
  ENOENT: 'missing',
  ENOTDIR: 'missing',
};

export const DISK_FULL = 'the disk is full: free some space';

/** What a person can do about it. */
export const ADVICE: Readonly<Record<string, string>> = {
  EACCES: 'you may not write here: change the permissions',
  EPERM: 'you may not write here: change the permissions',
  ENOSPC: DISK_FULL,
  EDQUOT: 'your quota of this disk is used up: free some space',
  EROFS: 'the disk is read-only',
  ENAMETOOLONG: 'the name is too long for this disk: rename it elsewhere',
  EBUSY: 'a program holds it: close that',
};

/** What a disk without symlinks says when it is to make one. */
const NO_SYMLINKS = new Set(['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP']);
const STAYS_THERE =
  'this disk holds no symlinks, so it is at the server and on other devices alone';

/** What the disk said, as the port has it; what nobody expected stays as it is. */
export function diskError(
  error: unknown,
  path: LocalPath,
  platform: Platform,
  { isWrite = false } = {},
): unknown {
  if (!(error instanceof Error) || !('code' in error) || !('syscall' in error)) return error;
  const said = `${error.code}`;
  const advice =
    platform.adviceOn(`${error.syscall}`, said) ??
    (error.syscall === 'symlink' && NO_SYMLINKS.has(said) ? STAYS_THERE : ADVICE[said]);
  const code = isWrite && platform.isBusy(error) ? 'busy' : (CODES[said] ?? 'refused');
  return new DiskError(code, `${path}: ${advice ?? error.message}.`, { cause: error });
}

export function isNodeError(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
