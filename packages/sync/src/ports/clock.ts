/** Time, randomness and ids. */
export interface Clock {
  /** Unix milliseconds. May jump: nothing that matters for correctness depends on it. */
  now(): number;
  /** Resolves after so long, or at once when the signal aborts; never rejects. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
  /** Resolves when everything that is ready has been heard; takes next to no time. */
  turn(): Promise<void>;
  /** In [0, 1). */
  random(): number;
  /** A UUIDv7. */
  newId(): string;
}
