import { setImmediate, setTimeout as wait } from 'node:timers/promises';
import type { TransferDeps } from '@valise/client';
import type { Clock } from '../ports/clock.ts';

/** Timers take at most 31 bits. */
const LONGEST_MS = 0x7fffffff;

export function nodeClock(ambient: TransferDeps['ambient']): Clock {
  return {
    now: () => ambient.now(),
    random: () => ambient.random(),
    newId: () => ambient.newId(),
    turn: () => setImmediate(),
    async sleep(milliseconds, signal) {
      try {
        await wait(Math.min(milliseconds, LONGEST_MS), undefined, { signal });
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    },
  };
}
