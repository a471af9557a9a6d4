import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyBaseLogger } from 'fastify';
import { type FanoutDeps, workFanout } from './work-fanout.ts';

/** How soon a job is begun that another server, or we, left; a look costs one empty index range. */
const PAUSE_MILLISECONDS = 250;
const PAUSE_AFTER_FAULT = 5_000;

/** Works off what transactions left to do, on every server; the database shares the work out. */
export function startFanoutWorker(
  deps: FanoutDeps & { readonly log: Pick<FastifyBaseLogger, 'warn'> },
): { close(): Promise<void> } {
  const stop = new AbortController();
  const pause = (milliseconds: number) =>
    sleep(milliseconds, undefined, { signal: stop.signal, ref: false }).catch(() => undefined);
  async function run(): Promise<void> {
    while (!stop.signal.aborted) {
      try {
        if (!(await workFanout(deps))) await pause(PAUSE_MILLISECONDS);
      } catch (error) {
        // Nothing of the batch happened; the database may be away.
        deps.log.warn({ err: error }, 'a batch of a fan-out failed');
        await pause(PAUSE_AFTER_FAULT);
      }
    }
  }
  const running = run();
  return {
    async close() {
      stop.abort();
      await running;
    },
  };
}
