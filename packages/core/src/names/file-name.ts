import { AppError } from '../errors/index.ts';
import type { Opaque } from '../ids/index.ts';
import { nameKey } from './name-key.ts';
import { utf8Length } from './utf8.ts';

/** A legal name of a file, folder or symlink: 1–255 bytes of UTF-8 in NFC. */
export type FileName = Opaque<'FileName'>;

export const MAX_NAME_BYTES = 255;

/** How many folders may lie above an item, the item itself counted. */
export const MAX_DEPTH = 256;

/** The agent keeps its own things in a folder of this name, in any spelling of its case. */
const RESERVED_KEY = '.valise';

/** C0, DEL and C1. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

/**
 * Normalises to NFC, so that a name typed on any system is one name. What only some systems
 * can't hold (`CON`, `a:b`, a trailing dot) is legal here: that is the agent's concern.
 * Throws `invalid-name` with the field.
 */
export function parseName(raw: string, field = 'name'): FileName {
  const fault = raw.isWellFormed() ? faultOf(raw.normalize('NFC')) : 'is not well-formed Unicode';
  if (fault !== null) {
    throw new AppError('invalid-name', `${field} ${fault}.`, { details: { field } });
  }
  return raw.normalize('NFC') as FileName;
}

function faultOf(name: string): string | null {
  if (name === '') return 'is empty';
  if (name === '.' || name === '..') return 'must not be "." or ".."';
  if (name.includes('/')) return 'must not contain "/"';
  if (CONTROL.test(name)) return 'must not contain control characters';
  if (utf8Length(name) > MAX_NAME_BYTES) return `is longer than ${MAX_NAME_BYTES} bytes`;
  if (nameKey(name) === RESERVED_KEY) return `must not be "${RESERVED_KEY}"`;
  return null;
}
