import { type ErrorCode, isAppError } from '@valise/core/errors';
import type { RateLimiter } from '../http/rate-limiter.ts';

/**
 * Runs `work` unless `key` has used up its failures, and counts one if it fails with such a code.
 * Calls that succeed are free: a house full of devices may refresh behind one address.
 */
export async function countFailures<T>(
  limit: {
    readonly limiter: RateLimiter;
    readonly key: string;
    readonly codes: readonly ErrorCode[];
  },
  work: () => Promise<T>,
): Promise<T> {
  limit.limiter.check(limit.key);
  try {
    return await work();
  } catch (error) {
    if (isAppError(error) && limit.codes.includes(error.code)) limit.limiter.take(limit.key);
    throw error;
  }
}
