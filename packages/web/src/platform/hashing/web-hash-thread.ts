import { ClientError } from '@valise/client/errors';
import type { HashJob, HashOutcome, HashThread } from '@valise/client/hashing';
import type { HashReply, HashTask } from './hash-task.ts';

interface Running {
  readonly onProgress: (bytes: number) => void;
  readonly settle: (outcome: HashOutcome) => void;
}

/**
 * A Web Worker. An abort ends it in the middle of whatever it does, a read that hangs included: its
 * place goes to a new one.
 */
export class WebHashThread implements HashThread<HashTask> {
  readonly #worker: Worker;
  #running: Running | null = null;
  #isAlive = true;

  constructor(worker: Worker) {
    this.#worker = worker;
    worker.addEventListener('message', ({ data }: MessageEvent<HashReply>) => this.#hear(data));
    // Of a script that couldn't be loaded the browser says no more than that.
    worker.addEventListener('error', ({ message }) => this.#die(message || 'it didn’t load'));
    worker.addEventListener('messageerror', () => this.#die('it couldn’t be understood'));
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  async perform({ task, onProgress, signal }: HashJob<HashTask>): Promise<HashOutcome> {
    const { promise, resolve } = Promise.withResolvers<HashOutcome>();
    const onAbort = () => void this.end();
    signal?.addEventListener('abort', onAbort, { once: true });
    this.#running = { onProgress, settle: resolve };
    this.#worker.postMessage(task);
    return promise.finally(() => signal?.removeEventListener('abort', onAbort));
  }

  async end(): Promise<void> {
    this.#close({ kind: 'stopped' });
  }

  #hear(reply: HashReply): void {
    switch (reply.kind) {
      case 'progress':
        this.#running?.onProgress(reply.bytes);
        return;
      case 'done':
      case 'changed':
        this.#settle(reply);
        return;
      case 'failed':
        this.#settle({ kind: 'failed', error: died(reply.message) });
    }
  }

  #die(reason: string): void {
    this.#close({ kind: 'failed', error: died(reason) });
  }

  #close(outcome: HashOutcome): void {
    this.#isAlive = false;
    this.#worker.terminate();
    this.#settle(outcome);
  }

  #settle(outcome: HashOutcome): void {
    this.#running?.settle(outcome);
    this.#running = null;
  }
}

/** A worker of this page or worker. */
export function startHashThread(): WebHashThread {
  return new WebHashThread(
    new Worker(new URL('./hash-worker.ts', import.meta.url), { type: 'module' }),
  );
}

function died(reason: string): ClientError {
  const message = `A part of this page that reads files stopped working: ${reason}. Reload the page and try again.`;
  return new ClientError('thread-died', message);
}
