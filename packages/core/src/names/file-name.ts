import { AppError } from '../errors/index.ts';
import type { Opaque } from '../ids/index.ts';
import { nameKey } from './name-key.ts';
import { utf8Length } from './utf8.ts';

/** A legal name of a file, folder or symlink: 1–255 bytes of UTF-8 in NFC. */
export type FileName = Opaque<'FileName'>;

export const MAX_NAME_BYTES = 255;

/**
 * Composing shortens a name to a quarter at most. Longer input isn't even normalised: long runs of
 * combining marks make that take quadratic time.
 */
const MAX_RAW_UNITS = 4 * MAX_NAME_BYTES;

/** How many folders may lie above an item, the item itself counted. */
export const MAX_DEPTH = 256;

/** The agent keeps its own things in a folder of this name, in any spelling of its case. */
const RESERVED_KEY = '.valise';

const TOO_LONG = `is longer than ${MAX_NAME_BYTES} bytes`;

/** C0, DEL and C1. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

/**
 * Normalises to NFC, so that a name typed on any system is one name. What only some systems
 * can't hold (`CON`, `a:b`, a trailing dot) is legal here: that is the agent's concern.
 * Throws `invalid-name` with the field.
 */
export function parseName(raw: string, field = 'name'): FileName {
  if (raw.length > MAX_RAW_UNITS) throw invalid(field, TOO_LONG);
  if (!raw.isWellFormed()) throw invalid(field, 'is not well-formed Unicode');
  const name = raw.normalize('NFC');
  const fault = faultOf(name);
  if (fault !== null) throw invalid(field, fault);
  return name as FileName;
}

function invalid(field: string, fault: string): AppError {
  return new AppError('invalid-name', `${field} ${fault}.`, { details: { field } });
}

function faultOf(name: string): string | null {
  if (name === '') return 'is empty';
  if (name === '.' || name === '..') return 'must not be "." or ".."';
  if (name.includes('/')) return 'must not contain "/"';
  if (CONTROL.test(name)) return 'must not contain control characters';
  if (utf8Length(name) > MAX_NAME_BYTES) return TOO_LONG;
  if (nameKey(name) === RESERVED_KEY) return `must not be "${RESERVED_KEY}"`;
  return null;
}
