import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyBaseLogger } from 'fastify';
import { collectObjects } from './object-collector.ts';
import { endExpiredUploads, finishSilentUploads } from './silent-uploads.ts';
import { cleanStore } from './store-cleaner.ts';
import { endStrayUploads } from './stray-uploads.ts';
import { SWEEP_BATCH } from './sweep-batch.ts';
import type { UploadDeps } from './upload-deps.ts';

const PAUSE_MILLISECONDS = 15_000;

const duties = [
  finishSilentUploads,
  endExpiredUploads,
  collectObjects,
  cleanStore,
  endStrayUploads,
];

/** One round of everything that uploads leave to be done; answers how much there was. */
export async function sweepUploads(deps: UploadDeps): Promise<number> {
  let done = 0;
  for (const duty of duties) done += await workOff(deps, duty);
  return done;
}

/** Step after step, as long as there is more than one of them takes. Answers how much there was. */
async function workOff(
  deps: UploadDeps,
  duty: (deps: UploadDeps) => Promise<number>,
  signal?: AbortSignal,
): Promise<number> {
  let done = 0;
  while (!signal?.aborted) {
    const step = await duty(deps);
    done += step;
    if (step < SWEEP_BATCH) break;
  }
  return done;
}

export interface UploadSweeper {
  /** Lets the running round finish. */
  close(): Promise<void>;
}

/** Runs on every server; the work is shared out by the database. */
export function startUploadSweeper(
  deps: UploadDeps & { readonly log: Pick<FastifyBaseLogger, 'warn'> },
): UploadSweeper {
  const stop = new AbortController();
  async function run(): Promise<void> {
    while (!stop.signal.aborted) {
      // A round fails when database or store are away: that is theirs to report, ours to repeat.
      for (const duty of duties) {
        await workOff(deps, duty, stop.signal).catch((error: unknown) => {
          const message = error instanceof Error ? error.message : 'unknown';
          deps.log.warn({ duty: duty.name, error: message }, 'upload sweep failed');
        });
      }
      await sleep(PAUSE_MILLISECONDS, undefined, { signal: stop.signal, ref: false }).catch(
        () => undefined,
      );
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
