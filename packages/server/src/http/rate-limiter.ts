import { AppError } from '@valise/core/errors';

/**
 * Counts events per key in a window that slides: of any `windowMs`, at most `limit` are let through.
 * Refused events don't count, so whoever waits as told gets in. Counted in this process alone: of
 * several servers each grants the limit by itself.
 */
export interface RateLimiter {
  /** Counts one event. Throws `rate-limited` with the seconds until the next may pass. */
  take(key: string): void;
  /** Throws as `take` would, but counts nothing. */
  check(key: string): void;
  /** Takes the newest event back: it turned out not to be of the counted kind. */
  refund(key: string): void;
}

export interface RateLimiterOptions {
  readonly limit: number;
  readonly windowMs: number;
  readonly now: () => Date;
  /** Completes "Too many …": what the caller did too often. */
  readonly what: string;
}

/** Keys remembered at most, so that a flood from many addresses cannot eat the memory. */
const MAX_KEYS = 50_000;

export function createRateLimiter(options: RateLimiterOptions): RateLimiter {
  const { limit, windowMs } = options;
  const logs = new Map<string, EventLog>();

  function logOf(key: string, now: number): EventLog {
    let log = logs.get(key);
    if (log === undefined) {
      if (logs.size >= MAX_KEYS) makeRoom(logs, now - windowMs);
      log = new EventLog();
      logs.set(key, log);
    }
    log.dropUntil(now - windowMs);
    return log;
  }

  function refuseWhenFull(log: EventLog, now: number): void {
    if (log.size < limit) return;
    const seconds = Math.max(1, Math.ceil((log.oldest + windowMs - now) / 1000));
    throw new AppError(
      'rate-limited',
      `Too many ${options.what}. Try again in ${seconds} seconds.`,
      { retryAfter: seconds },
    );
  }

  return {
    take(key) {
      const now = options.now().getTime();
      const log = logOf(key, now);
      refuseWhenFull(log, now);
      log.push(now);
    },
    check(key) {
      const now = options.now().getTime();
      if (logs.has(key)) refuseWhenFull(logOf(key, now), now);
    },
    refund(key) {
      logs.get(key)?.pop();
    },
  };
}

/** A queue of times with cheap ends. */
class EventLog {
  #times: number[] = [];
  #head = 0;

  get size(): number {
    return this.#times.length - this.#head;
  }

  get oldest(): number {
    return this.#times[this.#head] ?? 0;
  }

  get newest(): number {
    return this.#times.at(-1) ?? 0;
  }

  push(time: number): void {
    this.#times.push(time);
  }

  pop(): void {
    if (this.size > 0) this.#times.pop();
  }

  dropUntil(time: number): void {
    while (this.size > 0 && this.oldest <= time) this.#head++;
    if (this.#head > 64 && this.#head * 2 > this.#times.length) {
      this.#times = this.#times.slice(this.#head);
      this.#head = 0;
    }
  }
}

/** Forgets the keys that are over; of a flood that leaves none, the tenth that came first. */
function makeRoom(logs: Map<string, EventLog>, horizon: number): void {
  for (const [key, log] of logs) if (log.size === 0 || log.newest <= horizon) logs.delete(key);
  if (logs.size < MAX_KEYS) return;
  let surplus = MAX_KEYS / 10;
  for (const key of logs.keys()) {
    if (surplus-- <= 0) break;
    logs.delete(key);
  }
}
