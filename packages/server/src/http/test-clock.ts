import { type Ambient, systemAmbient } from '../run/ambient.ts';

/** Time that stands still until a test moves it. */
export interface TestClock extends Ambient {
  advance(seconds: number): void;
}

export function createTestClock(): TestClock {
  let nowMs = Date.now();
  return {
    ...systemAmbient,
    now: () => new Date(nowMs),
    advance(seconds) {
      nowMs += seconds * 1000;
    },
  };
}
