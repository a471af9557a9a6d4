import { ClientError } from '@valise/client/errors';

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EBUSY: 'a program has it open',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'this disk holds no file so large',
  EISDIR: 'a folder is in the way',
  ELOOP: 'too many symbolic links',
  EMFILE: 'too many files are open',
  ENAMETOOLONG: 'the name is too long for this disk',
  ENOENT: 'no such file or folder',
  ENOSPC: 'no space is left on the disk',
  ENOTDIR: 'a file stands where a folder should',
  EPERM: 'not permitted',
  EROFS: 'the disk is read-only',
};

/** What the operating system says about a local file, as an expected failure. */
export function localError(error: unknown, path: string): unknown {
  if (!(error instanceof Error) || !('code' in error) || error instanceof ClientError) return error;
  const reason = REASONS[String(error.code)] ?? String(error.code);
  return new ClientError('local-file', `${path}: ${reason}.`, { cause: error });
}
