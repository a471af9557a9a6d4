import { AppError } from '@valise/core/errors';
import { type FileId, parseClientId, parseId } from '@valise/core/ids';
import { type FileName, parseName } from '@valise/core/names';

/*
 * From wire values, whose syntax the schemas have checked, to what the tree works with.
 */

export function parseFileId(raw: string): FileId {
  return parseId<FileId>(raw, 'id');
}

/** The id that a client made for what it creates. */
export function parseNewId(raw: string | undefined): FileId | undefined {
  return raw === undefined ? undefined : parseClientId<FileId>(raw, 'id');
}

/** A folder, or null for the root, which a request may also leave out. */
export function parseParentId(raw: string | null | undefined): FileId | null {
  return raw == null ? null : parseId<FileId>(raw, 'parentId');
}

export function parseOptionalName(raw: string | undefined): FileName | undefined {
  return raw === undefined ? undefined : parseName(raw);
}

/** Years 1 to 9999. Leap seconds pass the syntax, but no clock here shows them. */
export function parseOptionalTime(raw: string | undefined, field: string): Date | undefined {
  if (raw === undefined) return undefined;
  const time = new Date(raw);
  const year = time.getUTCFullYear();
  if (year >= 1 && year <= 9999) return time;
  throw new AppError('invalid-value', `${field} is not a moment in the calendar.`, {
    details: { field },
  });
}
