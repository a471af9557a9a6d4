import type { Clock } from '../ports/clock.ts';

/** While nobody answers, the server is tried again after this, doubling. */
const RETRY_MS = { first: 1_000, most: 60_000 };

/** Nobody answers: how long the server is left alone. */
export class Outage {
  readonly #clock: Clock;
  #now: { readonly until: number; readonly delay: number } | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Since the last attempt; it may be time for the next one. */
  get isOn(): boolean {
    return this.#now !== null;
  }

  /** Milliseconds until the next attempt; 0: now. */
  get left(): number {
    if (this.#now === null) return 0;
    const left = this.#now.until - this.#clock.now();
    // More than the whole delay: the clock was set back.
    return left > this.#now.delay ? 0 : Math.max(0, left);
  }

  /** An attempt failed. */
  goOn(): void {
    const delay = Math.min(RETRY_MS.most, (this.#now?.delay ?? RETRY_MS.first / 2) * 2);
    this.#now = { until: this.#clock.now() + delay, delay };
  }

  end(): void {
    this.#now = null;
  }
}
