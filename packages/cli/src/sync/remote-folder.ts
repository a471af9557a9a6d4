import { CliError } from '../run/cli-error.ts';

/** A folder's path at the server, with or without slashes around it. */
export function remoteFolder(typed: string): string {
  const path = typed.replace(/^\/+|\/+$/g, '');
  if (path === '') throw new CliError('usage', 'Name a folder: the whole cannot be left out.');
  return path;
}
