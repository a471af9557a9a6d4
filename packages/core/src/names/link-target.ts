import { AppError } from '../errors/index.ts';
import { utf8Length } from './utf8.ts';

export const MAX_TARGET_BYTES = 4096;

/**
 * A symlink's target is carried as it is: it may be absolute, dangling or in any normalisation,
 * since it is never resolved here. Throws `invalid-value` with the field.
 */
export function parseLinkTarget(raw: string, field = 'target'): string {
  const fits = raw !== '' && raw.isWellFormed() && utf8Length(raw) <= MAX_TARGET_BYTES;
  if (!fits || raw.includes('\0')) {
    throw new AppError(
      'invalid-value',
      `${field} must be 1–${MAX_TARGET_BYTES} bytes of UTF-8 without NUL.`,
      { details: { field } },
    );
  }
  return raw;
}
