import type { Ambient } from '../ports.ts';

/** One sleeper that can be woken. */
export interface Waker {
  wake(): void;
  /** True when woken, also by a call before; false when the time is over. */
  wait(milliseconds: number, ambient: Pick<Ambient, 'sleep'>): Promise<boolean>;
}

/** `signal` wakes, too. */
export function createWaker(signal: AbortSignal): Waker {
  let isAwake = false;
  let alarm: AbortController | undefined;
  const wake = () => {
    isAwake = true;
    alarm?.abort();
  };
  signal.addEventListener('abort', wake, { once: true });
  return {
    wake,
    async wait(milliseconds, ambient) {
      if (!isAwake) {
        alarm = new AbortController();
        await ambient.sleep(milliseconds, alarm.signal).catch(() => undefined);
        alarm = undefined;
      }
      const wasWoken = isAwake;
      isAwake = false;
      return wasWoken;
    },
  };
}
