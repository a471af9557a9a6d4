/** Few enough to start gently, enough to fill most links at once. */
const START = 4;
/** A window shorter than this measures noise. */
const MIN_WINDOW_MS = 250;
/** Growth has to pay at least this much to be kept. */
const WORTH_IT = 1.05;
/** Windows to hold still after a growth that didn't pay, before the next try. */
const HOLD_WINDOWS = 8;

export interface Slots {
  /** How many may be taken at once, now. */
  readonly limit: number;
  /** Takes a slot, waiting for a free one; rejects with the signal's reason. */
  acquire(signal: AbortSignal): Promise<void>;
  release(): void;
  /** Feeds the measurement. */
  moved(bytes: number): void;
  /** The other side asked for less: halve. */
  overloaded(): void;
}

export interface SlotsOptions {
  readonly max: number;
  readonly start?: number;
  now(): number;
}

/**
 * How many transfers run side by side, found by hill climbing: while throughput grows with the
 * number of slots, add two; when it doesn't, take them back and hold still for a while. A busy
 * store halves the number.
 */
export function createAdaptiveSlots(options: SlotsOptions): Slots {
  const { max, now } = options;
  let limit = Math.min(options.start ?? START, max);
  let taken = 0;
  let hold = 0;
  let grown = 0;
  let rate = 0;
  let window = { startedAt: now(), bytes: 0, ended: 0 };
  const waiting: (() => void)[] = [];

  const admit = () => {
    while (taken < limit) {
      const next = waiting.shift();
      if (next === undefined) return;
      taken++;
      next();
    }
  };
  const judge = (current: number) => {
    const paid = current > rate * WORTH_IT;
    if (hold > 0) hold--;
    else if (grown > 0 && !paid) {
      limit -= grown;
      grown = 0;
      hold = HOLD_WINDOWS;
    } else {
      grown = Math.min(2, max - limit);
      limit += grown;
    }
    rate = current;
  };
  const measure = () => {
    const elapsed = now() - window.startedAt;
    if (elapsed < MIN_WINDOW_MS || window.ended < limit) return;
    judge(window.bytes / elapsed);
    window = { startedAt: now(), bytes: 0, ended: 0 };
  };

  return {
    get limit() {
      return limit;
    },
    acquire(signal) {
      if (signal.aborted) return Promise.reject(signal.reason);
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const onAbort = () => {
        waiting.splice(waiting.indexOf(enter), 1);
        reject(signal.reason);
      };
      const enter = () => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      signal.addEventListener('abort', onAbort, { once: true });
      waiting.push(enter);
      admit();
      return promise;
    },
    release() {
      taken--;
      window.ended++;
      measure();
      admit();
    },
    moved(bytes) {
      window.bytes += bytes;
    },
    overloaded() {
      limit = Math.max(1, Math.floor(limit / 2));
      grown = 0;
      hold = HOLD_WINDOWS;
      window = { startedAt: now(), bytes: 0, ended: 0 };
    },
  };
}
