import type { Clock } from '../ports/clock.ts';

/** Lets a loop sleep until something happens or a time has come. */
export class Wake {
  readonly #clock: Clock;
  #isSet = false;
  #resolve: (() => void) | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Something happened; remembered if nobody sleeps. */
  set(): void {
    this.#isSet = true;
    this.#resolve?.();
  }

  /** Returns at once if something happened since the last call; false if only time passed. */
  async wait(milliseconds: number, signal: AbortSignal): Promise<boolean> {
    if (!this.#isSet && !signal.aborted && milliseconds > 0) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#resolve = resolve;
      const timer = new AbortController();
      const sleep = this.#clock.sleep(milliseconds, AbortSignal.any([signal, timer.signal]));
      await Promise.race([promise, sleep]);
      timer.abort();
      this.#resolve = null;
    }
    const wasSet = this.#isSet;
    this.#isSet = false;
    return wasSet;
  }
}
