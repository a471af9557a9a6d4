import { setTimeout as wait } from 'node:timers/promises';

/** Bytes that go at once are a share of a second's, so that many streams get on side by side. */
const SLICES_PER_SECOND = 16;
const SLICE = { least: 1_024, most: 64 * 1_024 };

/** A limit of bytes a second that all who ask share, in the order of asking. */
export class ByteRate {
  /** Larger pieces than this should be asked for one by one. */
  readonly slice: number;
  readonly #perSecond: number;
  /** When all that was let through so far is through, by `performance.now()`. */
  #free = 0;

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
    const share = Math.floor(perSecond / SLICES_PER_SECOND);
    this.slice = Math.min(SLICE.most, Math.max(SLICE.least, share));
  }

  /** Resolves when these bytes may go. */
  async pass(bytes: number): Promise<void> {
    const now = performance.now();
    const begins = Math.max(this.#free, now);
    this.#free = begins + (bytes * 1_000) / this.#perSecond;
    if (begins > now) await wait(begins - now);
  }
}
