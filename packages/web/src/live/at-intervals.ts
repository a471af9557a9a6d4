import type { Ambient } from '@valise/client';

export interface Intervals {
  readonly pauseMs: number;
  readonly ambient: Pick<Ambient, 'sleep'>;
  readonly signal: AbortSignal;
}

/**
 * The answer asks for `work`, which is done at once or, while it is under way and for the pause
 * after it, once afterwards however often it was asked for. `work` must not fail. Nothing is begun
 * after the signal.
 */
export function atIntervals(
  work: () => Promise<unknown>,
  { pauseMs, ambient, signal }: Intervals,
): () => void {
  let isWanted = false;
  let isBusy = false;
  const run = async () => {
    isBusy = true;
    while (isWanted && !signal.aborted) {
      isWanted = false;
      await work();
      // Ended early by the signal alone.
      await ambient.sleep(pauseMs, signal).catch(() => undefined);
    }
    isBusy = false;
  };
  return () => {
    isWanted = true;
    if (!isBusy) void run();
  };
}
