import { Worker } from 'node:worker_threads';
import { ClientError } from '@valise/client/errors';
import type { HashJob, HashOutcome, HashThread } from '@valise/client/hashing';
import type { FinalReport, HashOrder, HashReport, HashTask } from './hash-task.ts';

/** A thread's objects are few and its bytes lie elsewhere: the usual heap would be idle memory. */
const WORKER_HEAP = { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 64 };

interface Running {
  readonly onProgress: (bytes: number) => void;
  readonly settle: (outcome: HashOutcome) => void;
}

/** A worker thread of this process. Without work it doesn't keep the process alive. */
export class WorkerHashThread implements HashThread<HashTask> {
  readonly #worker: Worker;
  #running: Running | null = null;
  #isAlive = true;

  constructor() {
    this.#worker = new Worker(new URL('./hash-worker.ts', import.meta.url), {
      resourceLimits: WORKER_HEAP,
    });
    this.#worker.on('message', (report: HashReport) => this.#hear(report));
    this.#worker.on('error', (cause) => {
      this.#isAlive = false;
      const message = `A thread that hashes files died: ${String(cause)}.`;
      const error = new ClientError('thread-died', message, { cause });
      this.#settle({ kind: 'failed', error });
    });
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  async perform({ task, onProgress, signal }: HashJob<HashTask>): Promise<HashOutcome> {
    const { promise, resolve } = Promise.withResolvers<HashOutcome>();
    const stop = new Int32Array(new SharedArrayBuffer(4));
    const onAbort = () => Atomics.store(stop, 0, 1);
    signal?.addEventListener('abort', onAbort, { once: true });
    this.#running = { onProgress, settle: resolve };
    this.#worker.ref();
    this.#worker.postMessage({ task, stop } satisfies HashOrder);
    return promise.finally(() => signal?.removeEventListener('abort', onAbort));
  }

  async end(): Promise<void> {
    this.#isAlive = false;
    await this.#worker.terminate();
    this.#settle({ kind: 'stopped' });
  }

  #hear(report: HashReport): void {
    if (report.type === 'progress') {
      this.#running?.onProgress(report.bytes);
      return;
    }
    this.#worker.unref();
    this.#settle(outcomeOf(report));
  }

  #settle(outcome: HashOutcome): void {
    this.#running?.settle(outcome);
    this.#running = null;
  }
}

export function outcomeOf(report: FinalReport): HashOutcome {
  switch (report.type) {
    case 'done':
      return { kind: 'done', chain: report.chain, partDigests: report.partDigests };
    case 'failed': {
      const { message, code } = report;
      return {
        kind: 'failed',
        error: Object.assign(new Error(message), code === undefined ? {} : { code }),
      };
    }
    case 'stopped':
    case 'changed':
      return { kind: report.type };
  }
}
