import { failureCode, isClientError } from '@valise/client';
import { DiskError, type LocalPath } from '../ports/file-system.ts';
import { ADVICE } from './disk-errors.ts';

const UNREADABLE = 'you may not read this: change its permissions';

/** What a person can do about what the server says, or who else sees to it. */
const SERVER_ADVICE: Readonly<Record<string, string>> = {
  'storage-full': 'the server has no space left: delete something there, or ask whoever runs it',
  'store-unavailable':
    'the server\u2019s store is away: whoever runs it should look (valise doctor)',
  'store-unencrypted': 'the store does not encrypt as it should: ask whoever runs the server',
  'invalid-name': 'the server takes no such name: rename it',
  'too-deep': 'folders nest too deeply for the server: move it further up',
  forbidden:
    'you may not change this at the server: ask its owner, or move it to a folder of your own',
  'too-many-uploads': 'more uploads wait than the server allows: it goes on when some have ended',
};

/** Why something isn't in step and what to do, without its path where that stands before it. */
export function problemReason(error: unknown, path: LocalPath): string {
  const said = error instanceof Error ? error.message : String(error);
  const bare = (said.startsWith(`${path}: `) ? said.slice(path.length + 2) : said).replace(
    /\.$/,
    '',
  );
  // The disk's own words say what to do already.
  if (error instanceof DiskError && error.code === 'refused') return bare;
  return transferAdvice(error) ?? SERVER_ADVICE[failureCode(error) ?? ''] ?? `${bare}: ${AGAIN}`;
}

const AGAIN = 'it is tried again by itself';

/** What a transfer met on the disk. */
function transferAdvice(error: unknown): string | null {
  if (!isClientError(error, 'local-file')) return null;
  const { cause } = error;
  if (!(cause instanceof Error) || !('code' in cause)) return null;
  const isUnreadable = cause.code === 'EACCES' || cause.code === 'EPERM';
  return isUnreadable ? UNREADABLE : (ADVICE[`${cause.code}`] ?? null);
}
