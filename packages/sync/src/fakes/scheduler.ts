import type { RandomSource } from '../testing/random-source.ts';

interface Event {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

/**
 * Virtual time. Whatever takes time in a simulation waits here; the next to go on is chosen by time
 * and seed alone. Between two events all promises settle, so a run depends on nothing else.
 */
export class Scheduler {
  readonly random: RandomSource;
  readonly #events: Event[] = [];
  #now = 1_800_000_000_000;
  #order = 0;

  constructor(random: RandomSource) {
    this.random = random;
  }

  get now(): number {
    return this.#now;
  }

  /** Resolves between `least` and `most` virtual milliseconds from now. */
  async delay(least: number, most: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#add(least + this.random.next() * (most - least), resolve);
    await promise;
  }

  async sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const event = this.#add(milliseconds, resolve);
    const onAbort = () => {
      const at = this.#events.indexOf(event);
      if (at >= 0) this.#events.splice(at, 1);
      resolve();
    };
    signal.addEventListener('abort', onAbort, { once: true });
    await promise;
    signal.removeEventListener('abort', onAbort);
  }

  /** Runs events until none is left before `until`. */
  async runUntil(until: number): Promise<void> {
    for (;;) {
      await settlePromises();
      const next = this.#next();
      if (next === undefined || next.at > until) break;
      this.#events.splice(this.#events.indexOf(next), 1);
      this.#now = Math.max(this.#now, next.at);
      next.run();
    }
    this.#now = Math.max(this.#now, until);
  }

  #next(): Event | undefined {
    let best: Event | undefined;
    for (const event of this.#events) {
      const isEarlier =
        best === undefined ||
        event.at < best.at ||
        (event.at === best.at && event.order < best.order);
      if (isEarlier) best = event;
    }
    return best;
  }

  #add(milliseconds: number, run: () => void): Event {
    this.#order++;
    const event = { at: this.#now + milliseconds, order: this.#order, run };
    this.#events.push(event);
    return event;
  }
}

/** Nothing in a simulation waits for anything real, so one turn of the event loop settles all. */
function settlePromises(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
