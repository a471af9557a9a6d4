/** However many share the budget, smaller pieces would cost more calls than they save memory. */
const MIN_PIECE = 32 * 1024;

/** Divides an amount of buffer memory among whoever reads or writes at the moment. */
export class BufferBudget {
  readonly #total: number;
  readonly #max: number;
  #users = 0;

  /** In bytes: for all together, and the most that one gets. */
  constructor(total: number, max: number) {
    this.#total = total;
    this.#max = max;
  }

  /** What one of the present users may hold now. */
  share(): number {
    const equal = Math.floor(this.#total / Math.max(1, this.#users));
    return Math.min(this.#max, Math.max(MIN_PIECE, equal));
  }

  join(): void {
    this.#users += 1;
  }

  leave(): void {
    this.#users -= 1;
  }

  async during<T>(work: (share: () => number) => Promise<T>): Promise<T> {
    this.join();
    try {
      return await work(() => this.share());
    } finally {
      this.leave();
    }
  }
}
