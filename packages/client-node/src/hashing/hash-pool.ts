import { setImmediate } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { Chain } from './chain.ts';
import type { FinalReport, HashReport, HashTask } from './hash-task.ts';
import { performTask } from './perform-task.ts';

/** How a task ended, short of a defect. */
export type HashOutcome =
  | { readonly kind: 'done'; readonly chain: Chain; readonly partDigests: Uint8Array }
  | { readonly kind: 'stopped' }
  | { readonly kind: 'shorter' }
  | { readonly kind: 'failed'; readonly error: Error };

export interface HashJob {
  readonly task: HashTask;
  /** Bytes read since the last call. */
  readonly onProgress: (bytes: number) => void;
  /** Before the others: somebody waits for this one. */
  readonly urgent?: boolean;
}

/** A thread's objects are few and its bytes lie elsewhere: the usual heap would be idle memory. */
const WORKER_HEAP = { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 64 };

interface Waiting extends HashJob {
  readonly settle: (outcome: HashOutcome) => void;
}

/** Threads that start when there is work, at most `size` of them, and keep until `close`. */
export class HashPool {
  readonly #size: number;
  readonly #queue: Waiting[] = [];
  readonly #idle: Worker[] = [];
  readonly #running = new Map<Worker, Waiting>();
  #closed = false;

  constructor(size: number) {
    this.#size = size;
  }

  /** Never rejects. A thread that dies fails the task it was at. */
  async run(job: HashJob): Promise<HashOutcome> {
    if (this.#closed) return { kind: 'stopped' };
    const { promise, resolve } = Promise.withResolvers<HashOutcome>();
    const waiting = { ...job, settle: resolve };
    if (job.urgent === true) this.#queue.unshift(waiting);
    else this.#queue.push(waiting);
    this.#dispatch();
    return promise;
  }

  /** Ends the threads; whatever they were at is `stopped`. */
  async close(): Promise<void> {
    this.#closed = true;
    const workers = [...this.#idle, ...this.#running.keys()];
    const orphans = [...this.#running.values(), ...this.#queue];
    this.#idle.length = 0;
    this.#queue.length = 0;
    this.#running.clear();
    await Promise.all(workers.map((worker) => worker.terminate()));
    for (const { settle } of orphans) settle({ kind: 'stopped' });
  }

  /** Does a task on the calling thread, which comes to nothing else meanwhile. */
  async runHere({ task, onProgress }: HashJob): Promise<HashOutcome> {
    await setImmediate();
    if (this.#closed) return { kind: 'stopped' };
    return outcomeOf(performTask(task, onProgress));
  }

  #dispatch(): void {
    while (this.#queue.length > 0) {
      const worker = this.#idle.pop() ?? this.#start();
      if (worker === null) return;
      const waiting = this.#queue.shift();
      if (waiting === undefined) return;
      this.#running.set(worker, waiting);
      worker.ref();
      worker.postMessage(waiting.task);
    }
  }

  #start(): Worker | null {
    if (this.#running.size >= this.#size) return null;
    const worker = new Worker(new URL('./hash-worker.ts', import.meta.url), {
      resourceLimits: WORKER_HEAP,
    });
    worker.on('message', (report: HashReport) => this.#hear(worker, report));
    worker.on('error', (error) => {
      const message = `A hashing thread died: ${String(error)}`;
      this.#end(worker, { kind: 'failed', error: new Error(message, { cause: error }) });
    });
    return worker;
  }

  #hear(worker: Worker, report: HashReport): void {
    const waiting = this.#running.get(worker);
    if (waiting === undefined) return;
    if (report.type === 'progress') {
      waiting.onProgress(report.bytes);
      return;
    }
    // A thread without work doesn't keep the process alive.
    worker.unref();
    this.#idle.push(worker);
    this.#end(worker, outcomeOf(report));
  }

  #end(worker: Worker, outcome: HashOutcome): void {
    const waiting = this.#running.get(worker);
    this.#running.delete(worker);
    waiting?.settle(outcome);
    this.#dispatch();
  }
}

function outcomeOf(report: FinalReport): HashOutcome {
  switch (report.type) {
    case 'done':
      return { kind: 'done', chain: report.chain, partDigests: report.partDigests };
    case 'failed':
      return {
        kind: 'failed',
        error: Object.assign(
          new Error(report.message),
          report.code === undefined ? {} : { code: report.code },
        ),
      };
    case 'stopped':
    case 'shorter':
      return { kind: report.type };
  }
}
