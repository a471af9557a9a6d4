import { failureCode, isClientError } from '@valise/client';
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

/** Why something isn't in step and what to do, without its path: that stands before it. */
export function problemReason(error: unknown): string {
  const onDisk = diskCode(error);
  if (onDisk !== null) {
    const isUnreadable = isClientError(error) && (onDisk === 'EACCES' || onDisk === 'EPERM');
    const advice = isUnreadable ? UNREADABLE : ADVICE[onDisk];
    if (advice !== undefined) return advice;
  }
  const advice = SERVER_ADVICE[failureCode(error) ?? ''];
  if (advice !== undefined) return advice;
  const said = error instanceof Error ? error.message : String(error);
  return `${said.replace(/\.$/, '')}: it is tried again by itself`;
}

/** What the operating system said in the first place. */
function diskCode(error: unknown): string | null {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ('syscall' in at && 'code' in at) return `${at.code}`;
  }
  return null;
}
