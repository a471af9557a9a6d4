import type { DeviceId } from '@valise/core/ids';
import type { Db } from '../db/database.ts';
import { touchDevices } from './device-store.ts';

/** A device's row is written at most this often. */
const PRECISION_MS = 60_000;
const MAX_REMEMBERED = 50_000;

export interface LastSeen {
  /** Costs a look-up in memory: requests don't wait for the row. */
  note(id: DeviceId): void;
  /** Writes what was noted since the last time, in one statement. */
  flush(): Promise<void>;
}

export function createLastSeen(db: Db, now: () => Date): LastSeen {
  const writtenAtMs = new Map<DeviceId, number>();
  let pending = new Set<DeviceId>();
  return {
    note(id) {
      const nowMs = now().getTime();
      if (nowMs - (writtenAtMs.get(id) ?? 0) < PRECISION_MS) return;
      if (writtenAtMs.size >= MAX_REMEMBERED) writtenAtMs.clear();
      writtenAtMs.set(id, nowMs);
      pending.add(id);
    },
    async flush() {
      if (pending.size === 0) return;
      const ids = [...pending];
      pending = new Set();
      await touchDevices(db, ids, now());
    },
  };
}
