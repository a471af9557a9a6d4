/**
 * Who may touch disk and Local tree: one alone, or many together that don't get into each other's
 * way. In the order of asking.
 */
export class Turns {
  /** Never rejects. */
  #alone: Promise<unknown> = Promise.resolve();
  readonly #together = new Set<Promise<unknown>>();

  /** Runs when all before have ended, and lets nobody in meanwhile. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const turn = Promise.allSettled([this.#alone, ...this.#together]).then(work);
    this.#alone = turn.catch(() => {});
    return turn;
  }

  /** Runs beside others that share. */
  share<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#alone.then(work);
    const ended = turn.catch(() => {}).finally(() => this.#together.delete(ended));
    this.#together.add(ended);
    return turn;
  }
}
