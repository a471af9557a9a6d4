import { join } from 'node:path';
import { type FileLock, openFileLock, untilTaken } from './file-lock.ts';

/**
 * How several servers share one part (database, object store) that outlives each of them.
 *
 * Two locks in the part's folder: `start.lock` is held while someone starts, checks or stops the
 * part; `members.lock` is held, shared, for as long as one uses it. Whoever leaves and can then
 * take `members.lock` alone was the last and stops the part. A member that dies leaves by dying.
 */
export interface PartMembership {
  /** Runs `start` with nobody else starting or stopping, then counts as a user of the part. */
  join<T>(start: () => Promise<T>, signal?: AbortSignal): Promise<T>;
  /** Runs `work` with nobody else starting or stopping. */
  alone<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T>;
  /** Stops being a user; runs `stop` if nobody else is one. Answers whether it ran. */
  leave(stop: () => Promise<void>, signal?: AbortSignal): Promise<boolean>;
}

/** `folder` must exist; the lock files stay there for good. */
export function createPartMembership(folder: string): PartMembership {
  const start = openFileLock(join(folder, 'start.lock'));
  const members = openFileLock(join(folder, 'members.lock'));

  async function alone<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    await untilTaken(start.tryExclusive, signal);
    try {
      return await work();
    } finally {
      start.release();
    }
  }

  return {
    alone,
    join: (startPart, signal) =>
      alone(async () => {
        const started = await startPart();
        // Only someone who holds `start.lock` takes `members.lock` alone, so this cannot wait long.
        await untilTaken(members.tryShared, signal);
        return started;
      }, signal),
    leave: (stop, signal) => alone(() => stopIfLast(members, stop), signal),
  };
}

async function stopIfLast(members: FileLock, stop: () => Promise<void>): Promise<boolean> {
  members.release();
  if (!members.tryExclusive()) return false;
  try {
    await stop();
    return true;
  } finally {
    members.release();
  }
}
