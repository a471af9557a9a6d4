import { isAppError } from '@valise/core/errors';
import { parseName } from '@valise/core/names';

/** Whether the server would take this name. */
export function isLegalName(name: string): boolean {
  try {
    parseName(name);
    return true;
  } catch (error) {
    if (isAppError(error, 'invalid-name')) return false;
    throw error;
  }
}
