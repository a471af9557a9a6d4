import { failureCode } from '@valise/client';

/** Where the cause is better told from the person's side than from the program's. */
const TEXTS: Readonly<Record<string, string>> = {
  unreachable: 'The server can’t be reached. Check your connection and try again.',
  stalled: 'The connection stood still. Try again.',
  'name-taken': 'There is something of that name already. Choose another.',
  'invalid-name': 'Names can’t be empty, contain “/” or be longer than 255 bytes.',
  cycle: 'A folder can’t be moved into itself.',
  'cross-owner': 'Things can’t be moved between owners. Copy them instead.',
  forbidden: 'You may look at this, but not change it.',
  'file-not-found': 'It isn’t there any more, or no longer shared with you.',
  'storage-full': 'The server has no space left. Ask whoever runs it.',
  'content-changed': 'The file changed while it was read. Try again when it is at rest.',
  'too-deep': 'Folders nest too deeply there.',
};

/** A sentence that a person can do something with. */
export function errorText(error: unknown): string {
  const code = failureCode(error);
  const known = code === null ? undefined : TEXTS[code];
  if (known !== undefined) return known;
  return error instanceof Error && code !== null
    ? error.message
    : 'Something went wrong. Try again.';
}
