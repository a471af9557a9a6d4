import { Worker } from 'node:worker_threads';
import type { DigestTask } from './digest-task.ts';

/** It has nothing but a few views: the usual heap would be idle memory. */
const WORKER_HEAP = { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 32 };

type Waiting = PromiseWithResolvers<Uint8Array>;

/**
 * One thread for hashing beside the main thread's work. It starts with the first task and doesn't
 * keep the process alive without one.
 */
export class DigestThread {
  readonly #waiting: Waiting[] = [];
  #worker: Worker | null = null;

  run(task: DigestTask): Promise<Uint8Array> {
    const waiting = Promise.withResolvers<Uint8Array>();
    this.#worker ??= this.#start();
    this.#waiting.push(waiting);
    this.#worker.ref();
    this.#worker.postMessage(task);
    return waiting.promise;
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    this.#worker = null;
    await worker?.terminate();
    this.#fail(new Error('The hashing thread was closed.'));
  }

  #start(): Worker {
    const worker = new Worker(new URL('./digest-worker.ts', import.meta.url), {
      resourceLimits: WORKER_HEAP,
    });
    worker.on('message', (digests: Uint8Array) => {
      this.#waiting.shift()?.resolve(digests);
      if (this.#waiting.length === 0) worker.unref();
    });
    worker.on('error', (cause) => {
      this.#worker = null;
      this.#fail(new Error(`The hashing thread died: ${String(cause)}`, { cause }));
    });
    return worker;
  }

  #fail(error: Error): void {
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}
