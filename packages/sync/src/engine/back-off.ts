import type { Clock } from '../ports/clock.ts';
import type { NodeId } from '../tree/node.ts';

/** A file that keeps changing is looked at again soon, a failure less so. */
const PACE = {
  changing: { first: 60, most: 10_000 },
  failed: { first: 1_000, most: 300_000 },
} as const;

interface Waiting {
  readonly until: number;
  readonly delay: number;
  readonly pace: keyof typeof PACE;
  readonly error: unknown;
}

type Ids = Pick<ReadonlySet<NodeId>, 'has'>;

export interface Failing {
  readonly id: NodeId;
  readonly error: unknown;
}

/** Which nodes are left alone for a while, because the last attempt failed. */
export class BackOff {
  readonly #clock: Clock;
  readonly #waiting = new Map<NodeId, Waiting>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  failed(id: NodeId, pace: keyof typeof PACE, error: unknown): void {
    const { first, most } = PACE[pace];
    const before = this.#waiting.get(id);
    const delay = before?.pace === pace ? Math.min(most, before.delay * 2) : first;
    this.#waiting.set(id, { until: this.#clock.now() + delay, delay, pace, error });
  }

  succeeded(id: NodeId): void {
    this.#waiting.delete(id);
  }

  /** Everything is tried again at once. */
  clear(): void {
    this.#waiting.clear();
  }

  isWaiting(id: NodeId): boolean {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return false;
    const left = waiting.until - this.#clock.now();
    // More than the whole delay: the clock was set back.
    return left > 0 && left <= waiting.delay;
  }

  /** Milliseconds until the first of these may be tried again. */
  nextDue(ids: Ids): number {
    let due = Number.POSITIVE_INFINITY;
    for (const [id, { until }] of this.#waiting) {
      if (ids.has(id) && this.isWaiting(id)) due = Math.min(due, until - this.#clock.now());
    }
    return due;
  }

  /** Some file is being written and will be looked at again within seconds. */
  isSettling(): boolean {
    return [...this.#waiting.values()].some(
      ({ pace, delay }) => pace === 'changing' && delay < PACE.changing.most,
    );
  }

  /** Forgets what is no longer to be done. */
  keepOnly(ids: Ids): void {
    for (const id of this.#waiting.keys()) if (!ids.has(id)) this.#waiting.delete(id);
  }

  failures(): Failing[] {
    return [...this.#waiting]
      .filter(([, { pace, delay }]) => pace === 'failed' || delay === PACE[pace].most)
      .map(([id, { error }]) => ({ id, error }));
  }
}
