import type { FastifyBaseLogger } from 'fastify';
import { isObjectKey } from '../uploads/object-keys.ts';
import type { UploadDeps } from '../uploads/upload-deps.ts';
import { isProbeKey, rememberProbes } from './event-probes.ts';
import { finishToldUploads } from './finish-told-uploads.ts';
import { createQuietBatches } from './quiet-batches.ts';
import type { StoreMessage } from './read-message.ts';
import type { StoreEvent } from './store-event.ts';

/** Why events came to nothing, and how many. */
export interface Ignored {
  /** Of another bucket than ours. */
  readonly foreignBucket: number;
  /** At a key that Valise didn't make. */
  readonly otherKey: number;
  /** Something else than an object's creation. */
  readonly otherEvent: number;
  readonly unreadable: number;
  /** More waits already than is worth remembering: the sweeper finds these uploads. */
  readonly overload: number;
}

export interface Taken {
  readonly accepted: number;
  readonly ignored: Ignored;
  /** Settles when all that was accepted has been acted on; rejects when that failed. */
  readonly done: Promise<unknown>;
}

/** Where the events of all adapters come together. Whatever is lost here the sweeper finds. */
export interface EventIntake {
  /** Answers at once; the work follows. */
  take(message: StoreMessage): Taken;
  close(): Promise<void>;
}

export interface EventIntakeOptions {
  readonly log: Pick<FastifyBaseLogger, 'warn'>;
  /** How long a batch of keys must have been silent. */
  readonly quietMs?: number;
}

const QUIET_MS = 150;
const LONGEST_MS = 2_000;
/** Some 200 bytes each. */
const MOST_WAITING = 100_000;
/** Foreign buckets that are named in the log, once each. */
const MOST_NAMED = 100;

export function createEventIntake(
  deps: UploadDeps,
  { log, quietMs = QUIET_MS }: EventIntakeOptions,
): EventIntake {
  const named = new Set<string>();
  const warn = (error: unknown) => log.warn({ err: error }, 'store events could not be acted on');
  const batches = createQuietBatches({
    quietMs,
    longestMs: LONGEST_MS,
    work: (keys) => finishToldUploads(deps, keys),
    onFault: warn,
  });

  function fateOf(event: StoreEvent): keyof Ignored | 'upload' | 'probe' {
    if (event.bucket !== deps.storage.bucket) return 'foreignBucket';
    if (event.kind !== 'created') return 'otherEvent';
    if (isProbeKey(event.key)) return 'probe';
    if (!isObjectKey(event.key)) return 'otherKey';
    return batches.waiting < MOST_WAITING ? 'upload' : 'overload';
  }

  function nameForeign(bucket: string): void {
    if (named.has(bucket) || named.size >= MOST_NAMED) return;
    named.add(bucket);
    log.warn({ bucket: bucket.slice(0, 63) }, 'events of a bucket that is not ours come in');
  }

  async function noteProbes(keys: readonly string[]): Promise<void> {
    try {
      await rememberProbes(deps, keys);
    } catch (error) {
      warn(error);
      throw error;
    }
  }

  return {
    take(message) {
      const events = message.kind === 'events' ? message.events : [];
      const ignored = { foreignBucket: 0, otherKey: 0, otherEvent: 0, unreadable: 0, overload: 0 };
      if (message.kind === 'events') ignored.unreadable = message.unreadable;
      const work = new Set<Promise<void>>();
      const probes: string[] = [];
      for (const event of events) {
        const fate = fateOf(event);
        if (fate === 'upload') work.add(batches.add(event.key));
        else if (fate === 'probe') probes.push(event.key);
        else ignored[fate]++;
        if (fate === 'foreignBucket') nameForeign(event.bucket);
      }
      if (probes.length > 0) work.add(noteProbes(probes));
      const accepted = events.length - countOf(ignored) + ignored.unreadable;
      const done = Promise.all(work);
      // Only a queue waits for it, to tell again what failed.
      done.catch(() => undefined);
      return { accepted, ignored, done };
    },
    close: () => batches.close(),
  };
}

function countOf(ignored: Ignored): number {
  return Object.values(ignored).reduce((sum, count) => sum + count, 0);
}
