import type { AgentEvent, AgentStatus } from '@valise/sync';
import { createSpeed } from '../output/speed.ts';
import { DOING } from './doing.ts';

/** Less than that says nothing about what is to come. */
const LEAST_MS = 2_000;

/** What is being done now, and how long all of it will take. */
export interface ProgressNow {
  /** Like `sending film.mp4`; null: nothing that is worth telling. */
  readonly doing: string | null;
  readonly bytesPerSecond: number;
  /** An estimate; null as long as there is none. */
  readonly secondsLeft: number | null;
}

export interface SyncProgress {
  event(event: AgentEvent): void;
  /** To be called several times a second. */
  tick(status: Pick<AgentStatus, 'state' | 'pending' | 'sent' | 'received'>): void;
  now(): ProgressNow;
}

interface UnderWay {
  readonly words: string;
  readonly size: number;
}

/**
 * The time left follows from how fast things got done lately, and, for the large files under way, from
 * how fast bytes move: whichever says longer.
 */
export function createProgress(clock: () => number = Date.now): SyncProgress {
  const underWay = new Map<unknown, UnderWay>();
  let bytes = createSpeed();
  let things = createSpeed();
  let begun: number | null = null;
  let done = 0;
  let moved = 0;
  let pending = 0;
  /** Bytes that had moved when something was last done: what moved since is part of what is under way. */
  let movedBefore = 0;

  function secondsLeft(): number | null {
    if (begun === null || clock() - begun < LEAST_MS) return null;
    const size = [...underWay.values()].reduce((sum, one) => sum + one.size, 0);
    const toMove = Math.max(0, size - (moved - movedBefore));
    const estimates = [
      bytes.perSecond() > 0 ? toMove / bytes.perSecond() : null,
      things.perSecond() > 0 ? pending / things.perSecond() : null,
    ].filter((estimate) => estimate !== null);
    return estimates.length === 0 ? null : Math.ceil(Math.max(...estimates));
  }

  /** What one waits for. */
  function largest(): UnderWay | null {
    let found: UnderWay | null = null;
    for (const one of underWay.values()) if (found === null || one.size > found.size) found = one;
    return found;
  }

  return {
    event({ kind, operation, path, size }) {
      if (kind === 'started') {
        const words = `${DOING[operation.kind] ?? operation.kind} ${path}`;
        underWay.set(operation, { words, size });
        return;
      }
      underWay.delete(operation);
      if (kind === 'done') done++;
      movedBefore = moved;
    },
    tick(status) {
      const now = clock();
      if (status.state !== 'working' || status.pending === 0) {
        begun = null;
        return;
      }
      if (begun === null) {
        bytes = createSpeed();
        things = createSpeed();
        begun = now;
      }
      moved = status.sent + status.received;
      pending = status.pending;
      bytes.at(now, moved);
      things.at(now, done);
    },
    now() {
      return {
        doing: largest()?.words ?? null,
        bytesPerSecond: begun === null ? 0 : Math.round(bytes.perSecond()),
        secondsLeft: secondsLeft(),
      };
    },
  };
}
