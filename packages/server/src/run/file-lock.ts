import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';

const SQLITE_BUSY = 5;
/** Waiters look again after a random part of this many milliseconds. */
const POLL_MS = 50;

/**
 * A lock between processes on one machine that the kernel frees when its holder dies, however it
 * dies. Node has no `flock`; SQLite locks its (here: empty) database file by the operating
 * system's means, so an open transaction is the lock: shared for reading, exclusive for writing.
 *
 * One `FileLock` holds at most one of the two at a time. Network file systems may not honour it.
 */
export interface FileLock {
  /** True when taken: any number of holders, but no exclusive one. */
  tryShared(): boolean;
  /** True when taken: the only holder. */
  tryExclusive(): boolean;
  /** Gives back what is held; nothing held is fine. */
  release(): void;
  /** Gives back what is held and closes the file. */
  close(): void;
}

/** A lock whose holder keeps no reference must not be collected, closed and so given back. */
const held = new Set<DatabaseSync>();

/** Makes the file if need be; its folder must exist. */
export function openFileLock(path: string): FileLock {
  const database = new DatabaseSync(path, { timeout: 0 });
  const release = (): void => {
    if (database.isTransaction) database.exec('ROLLBACK');
    held.delete(database);
  };
  const attempt = (statement: string): boolean => {
    // Held already, by another caller in this process.
    if (database.isTransaction) return false;
    try {
      database.exec(statement);
      held.add(database);
      return true;
    } catch (error) {
      release();
      if (isBusy(error)) return false;
      throw error;
    }
  };
  return {
    tryShared: () => attempt('BEGIN; SELECT 1 FROM sqlite_schema'),
    tryExclusive: () => attempt('BEGIN EXCLUSIVE'),
    release,
    close() {
      held.delete(database);
      database.close();
    },
  };
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY;
}

/** Polls until `attempt` succeeds, without holding up the event loop. Rejects when aborted. */
export async function untilTaken(attempt: () => boolean, signal?: AbortSignal): Promise<void> {
  while (!attempt()) {
    await sleep(Math.ceil(Math.random() * POLL_MS), undefined, signal ? { signal } : {});
  }
}
