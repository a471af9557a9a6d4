import { type FileName, parseName } from '@valise/core/names';
import { CliError } from '../run/cli-error.ts';

/** Names from the root down; the empty list is the root itself. */
export type RemotePath = readonly FileName[];

/**
 * Reads what a user typed. A leading slash is optional, doubled and trailing ones and `.` mean
 * nothing. Throws `usage` for `..` (there is no current folder to go up from) and `invalid-name`.
 */
export function parseRemotePath(text: string): RemotePath {
  const names = text.split('/').filter((name) => name !== '' && name !== '.');
  if (names.includes('..')) {
    throw new CliError('usage', `Remote paths start at the root and have no "..": ${text}`);
  }
  return names.map((name) => parseName(name, 'path'));
}

export function formatRemotePath(path: readonly string[]): string {
  return `/${path.join('/')}`;
}
