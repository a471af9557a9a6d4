import type { Logger } from 'pino';
import { abortStaleUploads } from './s3/stale-uploads.ts';
import type { Storage } from './storage/storage.ts';

const EVERY_MS = 10 * 60_000;
/** A journal smaller than this isn't worth the trouble. */
const MIN_JOURNAL = 64 * 1024 * 1024;

/**
 * What a store does by itself, now and then: aborts stale uploads, and compacts the journal once
 * more than half of it is dead. `stop` ends it soon; what it does can be stopped anywhere.
 */
export function startHousekeeping(
  storage: Storage,
  deps: { log: Logger; now: () => Date },
): { stop(): Promise<void> } {
  const ending = new AbortController();
  const { signal } = ending;
  const turn = async (): Promise<void> => {
    const aborted = await abortStaleUploads(storage, { now: deps.now().getTime(), signal });
    if (aborted > 0) deps.log.info({ aborted }, 'stale uploads aborted');
    if (!isWorthCompacting(storage)) return;
    const sizes = await storage.compact({ signal });
    deps.log.info(sizes, 'journal compacted');
  };
  let running = Promise.resolve();
  const start = (): void => {
    running = running.then(turn).catch((error) => {
      // A full disk, or the end: the next turn tries again.
      if (!signal.aborted) deps.log.warn({ err: error }, 'housekeeping failed');
    });
  };
  const timer = setInterval(start, EVERY_MS);
  start();
  return {
    async stop() {
      clearInterval(timer);
      ending.abort();
      await running;
    },
  };
}

function isWorthCompacting({ journal, index }: Storage): boolean {
  return journal.size > MIN_JOURNAL && journal.size > 2 * index.liveBytes();
}
