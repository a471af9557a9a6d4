import { isAppError } from '@valise/core/errors';
import { isClientError, isTransient } from '../errors/client-error.ts';
import type { Ambient, IoOptions } from '../ports.ts';

export interface RetryPolicy {
  /** Tries in all. */
  readonly attempts: number;
  /** The first pause is at most this; each further one at most twice the last. */
  readonly baseMs: number;
  readonly capMs: number;
}

/** Somebody waits at the terminal: give up within some two seconds. */
export const SHORT_PATIENCE: RetryPolicy = { attempts: 4, baseMs: 250, capMs: 1_000 };
/** A transfer outlives a restart of server or store: about a minute on average. */
export const LONG_PATIENCE: RetryPolicy = { attempts: 14, baseMs: 250, capMs: 10_000 };

/** A full store rarely empties itself while we wait: give up within some two seconds. */
const FULL_ATTEMPTS = 4;

/** A server may ask for more patience than this; it doesn't get it in one piece. */
const RETRY_AFTER_LIMIT_MS = 60_000;

export interface RetryOptions extends IoOptions {
  readonly ambient: Pick<Ambient, 'random' | 'sleep'>;
  readonly policy: RetryPolicy;
  /** Seen before each pause. */
  readonly onRetry?: (error: unknown) => void;
}

/**
 * Repeats `work` while it fails with a transient error: exponential back-off with full jitter, or
 * what `Retry-After` says, clamped (of a full store: not that, for nobody waits here). `work` must be safe to repeat.
 */
export async function withRetry<T>(work: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { ambient, policy, signal, onRetry } = options;
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      const attempts = isAppError(error, 'storage-full') ? FULL_ATTEMPTS : policy.attempts;
      if (attempt >= attempts || !isTransient(error) || signal?.aborted) throw error;
      onRetry?.(error);
      await ambient.sleep(pauseBefore(attempt, error, options), signal);
    }
  }
}

function pauseBefore(attempt: number, error: unknown, options: RetryOptions): number {
  const { ambient, policy } = options;
  const ceiling = Math.min(policy.capMs, policy.baseMs * 2 ** (attempt - 1));
  const jitter = ambient.random() * ceiling;
  const asked = isAppError(error) || isClientError(error) ? error.retryAfter : undefined;
  if (asked === undefined || isAppError(error, 'storage-full')) return jitter;
  return Math.min(asked * 1_000, RETRY_AFTER_LIMIT_MS) + jitter;
}
