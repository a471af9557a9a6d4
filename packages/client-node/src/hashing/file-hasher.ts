import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import type { ContentHasher, HashedContent, HashOptions } from '@valise/client';
import { ClientError } from '@valise/client/errors';
import {
  type Chain,
  contentOfChains,
  createStreamHasher,
  endOf,
  type HashJob,
  type HashOutcome,
  HashPool,
  hashStretches,
  LARGEST_PART,
  type Stretch,
} from '@valise/client/hashing';
import { planUpload } from '@valise/core/plan';
import { type FileSource, isFileSource } from '../files/file-source.ts';
import { localError } from '../files/local-errors.ts';
import { nodeAmbient } from '../node-ambient.ts';
import type { HashTask } from './hash-task.ts';
import { performTask } from './perform-task.ts';
import { outcomeOf, WorkerHashThread } from './worker-hash-thread.ts';

/** Starting the threads takes as long as hashing this much without them. */
const INLINE_LIMIT = 16 * 1_048_576;

/** Bytes that one thread hashes before it looks up: some 30 ms. */
const TURN = 32 * 1_048_576;

export interface FileHasher extends ContentHasher {
  /** Ends the threads; what they were at rejects with `cancelled`. */
  close(): Promise<void>;
}

/**
 * Chunks and fingerprints local files on `threads` threads, which start with the first large file (one
 * thread is the calling one, unless parts are asked for).
 * Small files, and sources that are no files, are hashed on the calling thread. Memory: 2 MiB a
 * thread at any file size.
 *
 * Like every hasher it describes the bytes that it read: whether the file kept still meanwhile, the
 * source's identity before and after tells. A file that has become shorter is `content-changed`.
 */
export function createFileHasher(options: { readonly threads?: number } = {}): FileHasher {
  const threads = options.threads ?? Math.min(2, availableParallelism());
  const pool = new HashPool<HashTask>(threads, () => new WorkerHashThread());
  const inline = createStreamHasher(nodeAmbient);
  return {
    async hash(source, hashOptions = {}) {
      if (!isFileSource(source) || source.size < INLINE_LIMIT) {
        return inline.hash(source, hashOptions);
      }
      const fd = openAgain(source);
      try {
        return await new FileRun({ pool, fd, source, options: hashOptions }).hash(threads);
      } finally {
        closeSync(fd);
      }
    },
    close: () => pool.close(),
  };
}

function openAgain(source: FileSource): number {
  let fd: number;
  try {
    fd = openSync(source.path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    throw localError(error, source.path);
  }
  if (fstatSync(fd).size === source.size) return fd;
  closeSync(fd);
  throw changed(source);
}

function changed(source: FileSource): ClientError {
  return new ClientError('content-changed', `${source.path} changed while it was read.`);
}

type NotDone = Exclude<HashOutcome, { readonly kind: 'done' }>;

/** One file on its way through the pool. */
class FileRun {
  readonly #pool: HashPool<HashTask>;
  readonly #fd: number;
  readonly #source: FileSource;
  readonly #options: HashOptions;

  constructor(run: {
    pool: HashPool<HashTask>;
    fd: number;
    source: FileSource;
    options: HashOptions;
  }) {
    this.#pool = run.pool;
    this.#fd = run.fd;
    this.#source = run.source;
    this.#options = run.options;
  }

  /** Settles only when no thread reads from the descriptor any more. */
  async hash(threads: number): Promise<HashedContent> {
    const { withParts, signal } = this.#options;
    signal?.throwIfAborted();
    if (threads === 1 && withParts !== true) return this.#hashHere();
    const { size } = this.#source;
    const { partSize } = planUpload({ size });
    const content = {
      size,
      threads,
      partSize: withParts === true && partSize <= LARGEST_PART ? partSize : undefined,
      sha256: nodeAmbient.sha256,
      perform: ({ task, ...job }: HashJob<Stretch> & { readonly urgent: boolean }) =>
        this.#pool.run({ task: { ...task, fd: this.#fd }, ...job }),
      errorOf: (outcome: NotDone) => this.#errorOf(outcome),
    };
    return hashStretches(content, this.#options);
  }

  /**
   * On the calling thread, turn by turn, each from where the last one ended: no thread has to be
   * started, and next to nothing is read twice.
   */
  async #hashHere(): Promise<HashedContent> {
    const { size } = this.#source;
    const pieces: Chain[] = [];
    for (let start = 0, end = 0; start < size; start = end) {
      await setImmediate();
      const chain = this.#chainHere(start);
      end = endOf(chain);
      pieces.push(chain);
      this.#options.onProgress?.(end - start);
    }
    return contentOfChains(pieces, nodeAmbient);
  }

  #chainHere(start: number): Chain {
    const { signal } = this.#options;
    signal?.throwIfAborted();
    const { size } = this.#source;
    const outcome = outcomeOf(
      performTask(
        { fd: this.#fd, size, start, until: start + TURN },
        { onProgress() {}, isStopped: () => this.#pool.isClosed },
      ),
    );
    if (outcome.kind === 'done') return outcome.chain;
    throw this.#errorOf(outcome);
  }

  #errorOf(outcome: NotDone): unknown {
    switch (outcome.kind) {
      case 'changed':
        return changed(this.#source);
      case 'failed':
        return localError(outcome.error, this.#source.path);
      case 'stopped':
        return new ClientError('cancelled', 'Hashing was stopped.');
    }
  }
}
