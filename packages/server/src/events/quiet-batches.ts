import { batchPrefix } from '../uploads/object-keys.ts';

/*
 * Waits until nothing more is heard of a batch of keys, then hands it on. A client that lives says
 * itself that it has sent everything, a moment after its last byte: whoever acted on each event at once
 * would do its work a second time, and in pieces. Batches that are quiet are worked off together.
 */

export interface QuietBatchesOptions {
  readonly quietMs: number;
  /** However busy a batch is, its keys wait no longer. */
  readonly longestMs: number;
  /** Called for one bundle of keys after the other, never twice at a time. */
  readonly work: (keys: readonly string[]) => Promise<unknown>;
  /** Work failed; its keys are forgotten. */
  readonly onFault: (error: unknown) => void;
}

export interface QuietBatches {
  /** Settles when the key has been worked off: rejects when that failed, or in a close. */
  add(key: string): Promise<void>;
  /** Keys that wait. */
  readonly waiting: number;
  /** Forgets what waits, and lets the running work finish. */
  close(): Promise<void>;
}

interface Batch {
  readonly keys: Set<string>;
  readonly begun: number;
  timer: NodeJS.Timeout | undefined;
  readonly done: PromiseWithResolvers<void>;
}

/** More would hold up the first ones of a bundle for the last. */
const BUNDLE_KEYS = 512;

export function createQuietBatches(options: QuietBatchesOptions): QuietBatches {
  const { quietMs, longestMs, work, onFault } = options;
  const heard = new Map<string, Batch>();
  let quiet: Batch[] = [];
  let waiting = 0;
  let running: Promise<void> | null = null;

  function isQuiet(prefix: string, batch: Batch): void {
    heard.delete(prefix);
    quiet.push(batch);
    running ??= workOff();
  }

  async function workOff(): Promise<void> {
    while (quiet.length > 0) {
      const bundle = takeBundle();
      const keys = bundle.flatMap((batch) => [...batch.keys]);
      try {
        await work(keys);
        for (const { done } of bundle) done.resolve();
      } catch (error) {
        onFault(error);
        for (const { done } of bundle) done.reject(error);
      } finally {
        waiting -= keys.length;
      }
    }
    running = null;
  }

  function takeBundle(): readonly Batch[] {
    let keys = 0;
    let count = 0;
    for (const batch of quiet) {
      keys += batch.keys.size;
      if (count > 0 && keys > BUNDLE_KEYS) break;
      count++;
    }
    const bundle = quiet.slice(0, count);
    quiet = quiet.slice(count);
    return bundle;
  }

  function begin(prefix: string): Batch {
    const done = Promise.withResolvers<void>();
    // Not everyone who tells waits for what comes of it.
    done.promise.catch(() => undefined);
    const batch: Batch = { keys: new Set(), begun: performance.now(), timer: undefined, done };
    heard.set(prefix, batch);
    return batch;
  }

  return {
    get waiting() {
      return waiting;
    },
    add(key) {
      const prefix = batchPrefix(key);
      const batch = heard.get(prefix) ?? begin(prefix);
      clearTimeout(batch.timer);
      if (!batch.keys.has(key)) {
        batch.keys.add(key);
        waiting++;
      }
      if (performance.now() - batch.begun > longestMs) isQuiet(prefix, batch);
      else batch.timer = setTimeout(() => isQuiet(prefix, batch), quietMs);
      return batch.done.promise;
    },
    async close() {
      const forgotten = [...heard.values(), ...quiet];
      for (const { timer } of heard.values()) clearTimeout(timer);
      heard.clear();
      quiet = [];
      for (const { done } of forgotten) done.reject(new Error('The server is stopping.'));
      await running;
    },
  };
}
