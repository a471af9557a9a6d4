import { inTransaction } from '../db/database.ts';
import { findActsBefore } from '../tree/trash-store.ts';
import type { FileDeps } from './file-deps.ts';
import { purgeTrashed } from './purge-file.ts';

export interface TrashSweeperDeps extends Pick<FileDeps, 'db' | 'ambient'> {
  /** How long the trash keeps things. */
  readonly config: { readonly trashDays: number };
  readonly log: { error(details: object, message: string): void };
}

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** Acts per look at the list, so that a sweep that is stopped ends soon. */
const ACTS_AT_ONCE = 100;

/** Empties the trash of what is older than `trashDays`, now and every hour until closed. */
export function startTrashSweeper(deps: TrashSweeperDeps): { close(): Promise<void> } {
  const stop = new AbortController();
  let running: Promise<void> = Promise.resolve();
  const sweep = () => {
    running = running.then(() =>
      sweepTrash(deps, stop.signal).then(
        () => undefined,
        (error: unknown) => {
          // The next round does what this one could not.
          deps.log.error({ err: error }, 'the trash could not be emptied');
        },
      ),
    );
  };
  sweep();
  const timer = setInterval(sweep, HOUR_MS);
  return {
    async close() {
      stop.abort();
      clearInterval(timer);
      await running;
    },
  };
}

/**
 * One round. Each act goes in its own transaction, so several servers may sweep at once: whoever
 * comes second finds nothing. Answers how many acts this one purged.
 */
export async function sweepTrash(
  { db, ambient, config }: Omit<TrashSweeperDeps, 'log'>,
  signal?: AbortSignal,
): Promise<number> {
  const tooOld = new Date(ambient.now().getTime() - config.trashDays * DAY_MS);
  let purged = 0;
  for (;;) {
    const acts = await findActsBefore(db, tooOld, ACTS_AT_ONCE);
    const before = purged;
    for (const { id: act, ownerId, fileId } of acts) {
      if (signal?.aborted) return purged;
      const purge = { ownerId, id: fileId, act, at: ambient.now() };
      if (await inTransaction(db, (tx) => purgeTrashed(tx, purge))) purged++;
    }
    // Whoever else sweeps took what this round did not.
    if (acts.length < ACTS_AT_ONCE || purged === before) return purged;
  }
}
