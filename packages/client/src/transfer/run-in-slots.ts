import type { Slots } from './adaptive-slots.ts';
import type { TransferControl } from './transfer-control.ts';

export interface RunInSlotsOptions {
  readonly slots: Slots;
  readonly signal: AbortSignal;
  readonly control?: TransferControl | undefined;
}

/**
 * Runs `work` over all items, as many at once as there are slots. The first failure stops the
 * rest (their signal aborts) and is thrown when all have come to their end: nothing runs on
 * behind the caller's back.
 */
export async function runInSlots<T>(
  items: Iterable<T>,
  work: (item: T, signal: AbortSignal) => Promise<void>,
  options: RunInSlotsOptions,
): Promise<void> {
  const { slots, control } = options;
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  const running = new Set<Promise<void>>();
  const begin = async (item: T) => {
    try {
      await work(item, signal);
    } catch (error) {
      stop.abort(error);
    } finally {
      slots.release();
    }
  };
  try {
    for (const item of items) {
      await control?.whenRunning(signal);
      await slots.acquire(signal);
      const task = begin(item);
      running.add(task);
      task.finally(() => running.delete(task));
    }
  } catch (error) {
    stop.abort(error);
  }
  await Promise.all(running);
  signal.throwIfAborted();
}
