import { CliError } from '../run/cli-error.ts';

/** Where `npm start` listens unless told otherwise. */
export const LOCAL_SERVER = 'http://127.0.0.1:8420';

/**
 * Reads a server's address as a person types it and returns its origin. Without a scheme it is
 * https, but for this very machine http. Throws `usage`.
 */
export function parseServerUrl(text: string): string {
  const url = URL.parse(hasScheme(text) ? text : `${guessScheme(text)}://${text}`);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new CliError(
      'usage',
      `Not the address of a server: ${text}. Try https://files.example.org`,
    );
  }
  if (url.username !== '' || url.password !== '') {
    throw new CliError('usage', 'A server’s address carries no user name or password.');
  }
  return url.origin;
}

function hasScheme(text: string): boolean {
  return text.includes('://');
}

function guessScheme(text: string): string {
  return /^(localhost|127\.|\[::1\])/i.test(text) ? 'http' : 'https';
}
