import { hash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import type { ContentHasher, HashedContent, HashOptions } from '@valise/client';
import { ClientError } from '@valise/client/errors';
import { createStreamHasher } from '@valise/client/hashing';
import { DIGEST_BYTES } from '@valise/core/chunking';
import { fingerprintOfRecords, packDigests } from '@valise/core/manifest';
import { planUpload } from '@valise/core/plan';
import { type FileSource, isFileSource } from '../files/file-source.ts';
import { localError } from '../files/local-errors.ts';
import { nodeAmbient } from '../node-ambient.ts';
import { type Chain, endOf } from './chain.ts';
import { type HashOutcome, HashPool } from './hash-pool.ts';
import type { HashTask } from './hash-task.ts';
import type { PartGrid } from './part-digests.ts';
import { stitchChains } from './stitch-chains.ts';
import { LARGEST_PART, planStretches } from './stretch-plan.ts';

/** Starting the threads takes as long as hashing this much without them. */
const INLINE_LIMIT = 16 * 1_048_576;

/** Where chains don't meet, the right one goes on by this much at a time. */
const EXTENSION = 16 * 1_048_576;

/** Bytes that one thread hashes before it looks up: some 30 ms. */
const TURN = 32 * 1_048_576;

const NOTHING = new Uint8Array();

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
  const pool = new HashPool(threads);
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

interface Start {
  readonly start: number;
  readonly until: number;
  readonly urgent: boolean;
  /** Bytes that count as progress. */
  readonly share: number;
  readonly parts?: PartGrid;
}

/** One file on its way through the pool. */
class FileRun {
  readonly #pool: HashPool;
  readonly #fd: number;
  readonly #source: FileSource;
  readonly #options: HashOptions;
  readonly #stop = new Int32Array(new SharedArrayBuffer(4));

  constructor(run: { pool: HashPool; fd: number; source: FileSource; options: HashOptions }) {
    this.#pool = run.pool;
    this.#fd = run.fd;
    this.#source = run.source;
    this.#options = run.options;
  }

  /** Settles only when no thread reads from the descriptor any more. */
  async hash(threads: number): Promise<HashedContent> {
    const { signal } = this.#options;
    signal?.throwIfAborted();
    const stop = () => Atomics.store(this.#stop, 0, 1);
    signal?.addEventListener('abort', stop, { once: true });
    if (threads === 1 && this.#options.withParts !== true) {
      return this.#hashHere().finally(() => signal?.removeEventListener('abort', stop));
    }
    const { partSize } = planUpload(this.#source);
    const withParts = this.#options.withParts === true && partSize <= LARGEST_PART;
    const plan = planStretches(
      this.#source.size,
      withParts ? { threads, grid: partSize } : { threads },
    );
    const running = plan.map(({ start, share, until }) => {
      const parts = withParts ? { parts: { size: partSize, total: share } } : {};
      return this.#start({ start, until, urgent: false, share, ...parts });
    });
    try {
      const chains = this.#chainsOf(running);
      const content = contentOf(await stitchChains(chains, (from) => this.#extend(from)));
      if (!withParts) return content;
      return { ...content, parts: { size: partSize, digests: await partDigestsOf(running) } };
    } finally {
      stop();
      await Promise.all(running);
      signal?.removeEventListener('abort', stop);
    }
  }

  /**
   * On the calling thread, turn by turn, each from where the last one ended: no thread has to be
   * started, and next to nothing is read twice.
   */
  async #hashHere(): Promise<HashedContent> {
    const { size } = this.#source;
    const pieces: Chain[] = [];
    for (let start = 0, end = 0; start < size; start = end) {
      const task = this.#taskFor(start, start + TURN);
      const chain = this.#chainOf(await this.#pool.runHere({ task, onProgress() {} }));
      end = endOf(chain);
      pieces.push(chain);
      this.#options.onProgress?.(end - start);
    }
    return contentOf(pieces);
  }

  #taskFor(start: number, until: number): HashTask {
    const { size } = this.#source;
    return { fd: this.#fd, stop: this.#stop, size, start, until };
  }

  async *#chainsOf(outcomes: readonly Promise<HashOutcome>[]): AsyncGenerator<Chain> {
    for (const outcome of outcomes) yield this.#chainOf(await outcome);
  }

  async #extend(start: number): Promise<Chain> {
    const until = start + EXTENSION;
    return this.#chainOf(await this.#start({ start, until, urgent: true, share: 0 }));
  }

  #start(stretch: Start) {
    const { start, until, urgent, parts } = stretch;
    // Bytes that two stretches read count for one of them.
    let uncounted = stretch.share;
    const onProgress = (bytes: number) => {
      const counted = Math.min(bytes, uncounted);
      uncounted -= counted;
      if (counted > 0) this.#options.onProgress?.(counted);
    };
    const task = this.#taskFor(start, until);
    const whole = parts === undefined ? task : { ...task, parts };
    return this.#pool.run({ task: whole, onProgress, urgent });
  }

  #chainOf(outcome: HashOutcome): Chain {
    switch (outcome.kind) {
      case 'done':
        return outcome.chain;
      case 'shorter':
        throw changed(this.#source);
      case 'failed':
        throw localError(outcome.error, this.#source.path);
      case 'stopped':
        this.#options.signal?.throwIfAborted();
        throw new ClientError('cancelled', 'Hashing was stopped.');
    }
  }
}

async function partDigestsOf(outcomes: readonly Promise<HashOutcome>[]): Promise<Uint8Array> {
  const ended = await Promise.all(outcomes);
  const pieces = ended.map((outcome) => (outcome.kind === 'done' ? outcome.partDigests : NOTHING));
  return new Uint8Array(Buffer.concat(pieces));
}

function contentOf(pieces: readonly Chain[]): HashedContent {
  const sizes: number[] = [];
  let end = 0;
  for (const piece of pieces) {
    for (const cut of piece.ends) {
      sizes.push(cut - end);
      end = cut;
    }
  }
  const digests = new Uint8Array(sizes.length * DIGEST_BYTES);
  let at = 0;
  for (const piece of pieces) {
    digests.set(piece.digests, at);
    at += piece.digests.length;
  }
  const records = packDigests(digests, sizes);
  const fingerprint = fingerprintOfRecords(records, (bytes) => hash('sha256', bytes, 'buffer'));
  return { size: end, fingerprint, records };
}
