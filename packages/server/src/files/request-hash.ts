import { hash } from 'node:crypto';
import type { UserId } from '@valise/core/ids';

/**
 * Tells a repeat of a creating call from another call under the same id: the hash of who called
 * what with which (already parsed) values.
 */
export function requestHash(
  userId: UserId,
  call: string,
  values: readonly (string | null)[],
): Buffer {
  return hash('sha256', JSON.stringify([userId, call, ...values]), 'buffer');
}
