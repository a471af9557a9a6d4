/** A body of known length that fills a piece of memory while somebody reads it from there. */
export class ArrivingBody {
  readonly target: Uint8Array;
  readonly #onAbandoned: () => void;
  #arrived = 0;
  #error: unknown = null;
  #changed = Promise.withResolvers<void>();

  /** `onAbandoned`: whoever read it stopped before its end. */
  constructor(target: Uint8Array, onAbandoned: () => void) {
    this.target = target;
    this.#onAbandoned = onAbandoned;
  }

  get isWhole(): boolean {
    return this.#arrived === this.target.length;
  }

  /** Where the next bytes go. */
  get room(): Uint8Array {
    return this.target.subarray(this.#arrived);
  }

  /** So many bytes were put into `room`. */
  add(count: number): void {
    this.#arrived += count;
    this.#announce();
  }

  fail(error: unknown): void {
    if (this.isWhole) return;
    this.#error = error;
    this.#announce();
  }

  /** Views of the target, in order, each as large as what came since the last. */
  async *pieces(): AsyncGenerator<Uint8Array> {
    let given = 0;
    try {
      while (given < this.target.length) {
        if (given === this.#arrived) {
          if (this.#error !== null) throw this.#error;
          await this.#changed.promise;
          continue;
        }
        const piece = this.target.subarray(given, this.#arrived);
        given = this.#arrived;
        yield piece;
      }
    } finally {
      if (!this.isWhole) this.#onAbandoned();
    }
  }

  #announce(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
  }
}
