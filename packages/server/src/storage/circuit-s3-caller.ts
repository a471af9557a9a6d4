import { AppError, isAppError } from '@valise/core/errors';
import type { S3Caller } from './s3-caller.ts';

/** So many calls in a row must have failed, each with all its retries. */
const FAILURES_TO_OPEN = 5;
const OPEN_MILLISECONDS = 2_000;

/**
 * Keeps requests from piling up in front of a dead store: after some failures in a row it answers
 * `store-unavailable` at once, and lets a single call through every two seconds to see whether
 * the store is back.
 */
export function circuitS3Caller(inner: S3Caller, clock = () => performance.now()): S3Caller {
  let failures = 0;
  let probeAt = 0;
  return {
    async call(request, options) {
      if (failures >= FAILURES_TO_OPEN) {
        if (clock() < probeAt) {
          throw new AppError('store-unavailable', 'The object store is away.', { retryAfter: 2 });
        }
        probeAt = clock() + OPEN_MILLISECONDS;
      }
      try {
        const reply = await inner.call(request, options);
        failures = 0;
        return reply;
      } catch (error) {
        if (isAppError(error, 'store-unavailable')) {
          failures++;
          if (failures === FAILURES_TO_OPEN) probeAt = clock() + OPEN_MILLISECONDS;
        }
        throw error;
      }
    },
    close: () => inner.close(),
  };
}
