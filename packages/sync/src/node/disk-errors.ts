import { DiskError, type DiskErrorCode, type LocalPath } from '../ports/file-system.ts';

const CODES: Readonly<Record<string, DiskErrorCode>> = {
  EEXIST: 'occupied',
  ENOTEMPTY: 'occupied',
  ENOENT: 'missing',
  ENOTDIR: 'missing',
};

const ADVICE: Readonly<Record<string, string>> = {
  EACCES: 'you may not write here: change the permissions',
  EPERM: 'you may not write here: change the permissions',
  ENOSPC: 'the disk is full: free some space',
  EDQUOT: 'your quota of this disk is used up: free some space',
  EROFS: 'the disk is read-only',
  ENAMETOOLONG: 'the name is too long for this disk: rename it elsewhere',
  EBUSY: 'a program holds it: close that',
};

/** What the disk said, as the port has it; what nobody expected stays as it is. */
export function diskError(error: unknown, path: LocalPath): unknown {
  if (!(error instanceof Error) || !('code' in error) || !('syscall' in error)) return error;
  const code = CODES[`${error.code}`] ?? 'refused';
  const advice = ADVICE[`${error.code}`] ?? error.message;
  return new DiskError(code, `${path}: ${advice}.`, { cause: error });
}

export function isNodeError(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
