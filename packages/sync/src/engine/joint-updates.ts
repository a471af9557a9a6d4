import type { Clock } from '../ports/clock.ts';
import type { SyncState } from '../state/sync-state.ts';
import type { Trees } from '../tree/tree.ts';

/**
 * Takes in together what comes at the same time: many small files end within a millisecond, and a
 * transaction for each costs more than what is written in it. All or nothing, as one update.
 */
export class JointUpdates {
  readonly #state: Pick<SyncState, 'update'>;
  readonly #clock: Pick<Clock, 'turn'>;
  #works: ((trees: Trees) => void)[] = [];
  #next: Promise<void> | null = null;

  constructor(state: Pick<SyncState, 'update'>, clock: Pick<Clock, 'turn'>) {
    this.#state = state;
    this.#clock = clock;
  }

  /** Resolves when it has been taken in. */
  run(work: (trees: Trees) => void): Promise<void> {
    this.#works.push(work);
    this.#next ??= this.#take();
    return this.#next;
  }

  async #take(): Promise<void> {
    await this.#clock.turn();
    const works = this.#works;
    this.#works = [];
    this.#next = null;
    this.#state.update((trees) => {
      for (const work of works) work(trees);
    });
  }
}
