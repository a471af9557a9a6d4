import type { Logger } from 'pino';
import type { EventSender } from './events/event-sender.ts';
import { abortStaleUploads } from './s3/stale-uploads.ts';
import type { Storage } from './storage/storage.ts';

const EVERY_MS = 10 * 60_000;
/** Not while those who waited for the start have their first requests. */
const FIRST_MS = 60_000;
/** A journal smaller than this isn't worth the trouble. */
const MIN_JOURNAL = 64 * 1024 * 1024;
const GROWTH = 1.2;
/** Who copies the folder needs the journal's old segments for as long as the copying takes. */
const RETIRED_MS = 24 * 3600 * 1000;

/**
 * What a store does by itself, now and then: aborts stale uploads, and compacts the journal once
 * more than half of it is dead; removes a day later what that left behind. `stop` ends it soon; what it does can be stopped anywhere.
 */
export function startHousekeeping(
  storage: Storage,
  deps: { log: Logger; now: () => Date; events: EventSender | null },
): { stop(): Promise<void> } {
  const ending = new AbortController();
  const { signal } = ending;
  const turn = async (): Promise<void> => {
    const aborted = await abortStaleUploads(storage, { now: deps.now().getTime(), signal });
    if (aborted > 0) deps.log.info({ aborted }, 'stale uploads aborted');
    await storage.journal.removeRetired(deps.now().getTime() - RETIRED_MS);
    // Counting what is alive takes a while in a large store: only when there is more to count.
    if (storage.journal.size < looked * GROWTH) return;
    looked = storage.journal.size;
    if (looked < 2 * storage.index.liveBytes()) return;
    const beforeDrop = async (segment: number) => deps.events?.toldBelow(segment);
    const sizes = await storage.compact({ signal, beforeDrop });
    looked = Math.max(MIN_JOURNAL / GROWTH, sizes.after);
    deps.log.info(sizes, 'journal compacted');
  };
  let looked = MIN_JOURNAL / GROWTH;
  let running = Promise.resolve();
  const start = (): void => {
    running = running.then(turn).catch((error) => {
      // A full disk, or the end: the next turn tries again.
      if (!signal.aborted) deps.log.warn({ err: error }, 'housekeeping failed');
    });
  };
  const timer = setInterval(start, EVERY_MS);
  const first = setTimeout(start, FIRST_MS);
  return {
    async stop() {
      clearTimeout(first);
      clearInterval(timer);
      ending.abort();
      await running;
    },
  };
}
