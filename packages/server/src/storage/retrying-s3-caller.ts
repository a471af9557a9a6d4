import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '@valise/core/errors';
import type { S3Caller } from './s3-caller.ts';
import { StoreFault } from './s3-caller.ts';

export interface RetryPolicy {
  readonly attempts: number;
  readonly baseMilliseconds: number;
  readonly capMilliseconds: number;
  /** No attempt starts later than this after the first. */
  readonly budgetMilliseconds: number;
  /** In [0, 1): jitter. */
  readonly random: () => number;
}

export const defaultRetryPolicy: RetryPolicy = {
  attempts: 4,
  baseMilliseconds: 50,
  capMilliseconds: 2_000,
  budgetMilliseconds: 8_000,
  random: Math.random,
};

/** Retries that all calls together may have in advance of what they earn. */
const SHARED_RETRIES = 100;
/** What a call that succeeds earns: half of all calls may fail before retries run short. */
const EARNED_BY_SUCCESS = 0.5;

/**
 * Repeats what is transient, with full jitter, and turns what remains into `store-unavailable`.
 * The store's `Retry-After` is a lower bound, clamped to the cap. All calls share one supply of
 * retries, so that a store that is overloaded by many doesn't get each of their calls four times.
 */
export function retryingS3Caller(inner: S3Caller, policy = defaultRetryPolicy): S3Caller {
  let supply = SHARED_RETRIES;
  return {
    async call(request, options) {
      const started = performance.now();
      for (let attempt = 1; ; attempt++) {
        try {
          const reply = await inner.call(request, options);
          supply = Math.min(SHARED_RETRIES, supply + EARNED_BY_SUCCESS);
          return reply;
        } catch (error) {
          if (!(error instanceof StoreFault)) throw error;
          const pause = pauseBefore(attempt, error, policy);
          const late = performance.now() - started + pause > policy.budgetMilliseconds;
          if (attempt >= policy.attempts || late || supply < 1) throw unavailable(error);
          supply -= 1;
          await sleep(pause, undefined, options?.signal ? { signal: options.signal } : {});
        }
      }
    },
    close: () => inner.close(),
  };
}

function pauseBefore(attempt: number, fault: StoreFault, policy: RetryPolicy): number {
  const ceiling = Math.min(policy.capMilliseconds, policy.baseMilliseconds * 2 ** attempt);
  const asked = Math.min(policy.capMilliseconds, (fault.retryAfter ?? 0) * 1000);
  return Math.max(asked, policy.random() * ceiling);
}

function unavailable(fault: StoreFault): AppError {
  return new AppError('store-unavailable', 'The object store is away. Try again in a moment.', {
    cause: fault,
    retryAfter: Math.max(1, Math.ceil(fault.retryAfter ?? 1)),
  });
}
