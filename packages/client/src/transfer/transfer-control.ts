import { ClientError } from '../errors/client-error.ts';

/**
 * Steers a running transfer from outside.
 *
 *  - pause: nothing new is begun, what is in flight ends; `resume` goes on.
 *  - cancel: the transfer is undone (a pending upload is deleted, a partial download removed) and
 *    ends with ClientError `cancelled`.
 *  - To stop and keep everything for a later attempt, abort the transfer's `signal` instead.
 */
export interface TransferControl {
  readonly state: 'running' | 'paused' | 'cancelled';
  pause(): void;
  resume(): void;
  cancel(): void;
  /** Aborted with ClientError `cancelled` by `cancel`. */
  readonly cancelled: AbortSignal;
  /** Resolves when not paused; rejects with the signal's reason. */
  whenRunning(signal: AbortSignal): Promise<void>;
}

export function createTransferControl(): TransferControl {
  const cancelled = new AbortController();
  let paused: PromiseWithResolvers<void> | null = null;
  return {
    get state() {
      if (cancelled.signal.aborted) return 'cancelled';
      return paused === null ? 'running' : 'paused';
    },
    pause() {
      if (!cancelled.signal.aborted) paused ??= Promise.withResolvers<void>();
    },
    resume() {
      paused?.resolve();
      paused = null;
    },
    cancel() {
      cancelled.abort(new ClientError('cancelled'));
      paused?.resolve();
      paused = null;
    },
    cancelled: cancelled.signal,
    async whenRunning(signal) {
      while (paused !== null) await settleOrAbort(paused.promise, signal);
      signal.throwIfAborted();
    },
  };
}

function settleOrAbort(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  return Promise.race([promise, aborted]).finally(() => {
    signal.removeEventListener('abort', onAbort);
  });
}
