import { ClientError } from '../errors/client-error.ts';
import type { Chain } from './chain.ts';

/** How a task ended, short of a defect. */
export type HashOutcome =
  | { readonly kind: 'done'; readonly chain: Chain; readonly partDigests: Uint8Array }
  | { readonly kind: 'stopped' }
  /** The content isn't what it was when it was opened. */
  | { readonly kind: 'changed' }
  | { readonly kind: 'failed'; readonly error: Error };

export interface HashJob<Task> {
  readonly task: Task;
  /** Bytes read since the last call. */
  readonly onProgress: (bytes: number) => void;
  /** Ends it with `stopped`. */
  readonly signal?: AbortSignal | undefined;
}

export interface PoolJob<Task> extends HashJob<Task> {
  /** Before the others: somebody waits for this one. */
  readonly urgent?: boolean;
}

/** A thread that hashes stretches of files, one at a time. */
export interface HashThread<Task> {
  /** Whether it can take another task. */
  readonly isAlive: boolean;
  /** Never rejects: a thread that dies fails its task. */
  perform(job: HashJob<Task>): Promise<HashOutcome>;
  /** Ends the thread; what it was at is `stopped`, once it reads no more. */
  end(): Promise<void>;
}

interface Waiting<Task> extends PoolJob<Task> {
  readonly settle: (outcome: HashOutcome) => void;
}

/** Threads that start when there is work, at most `size` of them, and keep until they are closed. */
export class HashPool<Task> {
  readonly #size: number;
  readonly #startThread: () => HashThread<Task>;
  readonly #queue: Waiting<Task>[] = [];
  readonly #idle: HashThread<Task>[] = [];
  readonly #busy = new Set<HashThread<Task>>();
  #closed = false;

  constructor(size: number, startThread: () => HashThread<Task>) {
    this.#size = size;
    this.#startThread = startThread;
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /**
   * Never rejects. A thread that dies fails the task it was at; the next task has a new one. Where no
   * thread can be started tasks fail, unless some are at work: then they wait for these.
   */
  async run(job: PoolJob<Task>): Promise<HashOutcome> {
    if (this.#closed || job.signal?.aborted) return { kind: 'stopped' };
    const { promise, resolve } = Promise.withResolvers<HashOutcome>();
    const waiting = { ...job, settle: resolve };
    const leave = () => this.#leave(waiting);
    job.signal?.addEventListener('abort', leave, { once: true });
    if (job.urgent === true) this.#queue.unshift(waiting);
    else this.#queue.push(waiting);
    this.#dispatch();
    return promise.finally(() => job.signal?.removeEventListener('abort', leave));
  }

  /** Ends the threads that have nothing to do; others start when there is work again. */
  async endIdle(): Promise<void> {
    await Promise.all(this.#idle.splice(0).map((thread) => thread.end()));
  }

  /** Ends all threads; whatever they were at is `stopped`. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const { settle } of this.#queue.splice(0)) settle({ kind: 'stopped' });
    await Promise.all([...this.#idle.splice(0), ...this.#busy].map((thread) => thread.end()));
  }

  /** What hasn't begun needn't. */
  #leave(waiting: Waiting<Task>): void {
    const at = this.#queue.indexOf(waiting);
    if (at === -1) return;
    this.#queue.splice(at, 1);
    waiting.settle({ kind: 'stopped' });
  }

  #dispatch(): void {
    while (this.#queue.length > 0) {
      const thread = this.#takeThread();
      if (thread === null) return;
      const waiting = this.#queue.shift();
      if (waiting === undefined) return;
      this.#busy.add(thread);
      void this.#perform(thread, waiting);
    }
  }

  /** Null where those that are at work have to do: no more may start, or no more can. */
  #takeThread(): HashThread<Task> | null {
    try {
      return this.#takeIdle() ?? this.#start();
    } catch (cause) {
      if (this.#busy.size > 0) return null;
      const message = `No thread can be started: ${String(cause)}.`;
      const error = new ClientError('thread-died', message, { cause });
      for (const { settle } of this.#queue.splice(0)) settle({ kind: 'failed', error });
      return null;
    }
  }

  /** One that has died while it had nothing to do is forgotten. */
  #takeIdle(): HashThread<Task> | null {
    for (let thread = this.#idle.pop(); thread !== undefined; thread = this.#idle.pop()) {
      if (thread.isAlive) return thread;
    }
    return null;
  }

  #start(): HashThread<Task> | null {
    return this.#busy.size < this.#size ? this.#startThread() : null;
  }

  async #perform(thread: HashThread<Task>, waiting: Waiting<Task>): Promise<void> {
    const outcome = await thread.perform(waiting);
    this.#busy.delete(thread);
    if (thread.isAlive && !this.#closed) this.#idle.push(thread);
    waiting.settle(outcome);
    this.#dispatch();
  }
}
