import { SINGLE_PUT_LIMIT } from '@valise/core/plan';
import { BATCH_LIMIT } from '@valise/core/wire';
import { concernsAll } from '../errors/client-error.ts';
import { createAdaptiveSlots } from '../transfer/adaptive-slots.ts';
import { TaskSet } from '../transfer/task-set.ts';
import type { TransferDeps } from '../transfer/transfer-deps.ts';
import { readSmallContent } from './small-content.ts';
import { type BatchItem, uploadBatch } from './upload-batch.ts';
import { uploadFile } from './upload-file.ts';
import type { UploadManyOptions, UploadOutcome, UploadRequest } from './upload-request.ts';

/** While one batch is put, the next is created and the last completed. */
const BATCHES_AT_ONCE = 3;
/** Content held by one batch: three of them are well within the memory that parts may take. */
const BATCH_BYTES = 16 * 1_048_576;
/** Large files are parallel in themselves. */
const LARGE_AT_ONCE = 1;
/** PUTs of small files wait for the store's disk more than for the network. */
const SMALL_SLOTS = { start: 16, max: 32 };

/**
 * Uploads any number of files; small ones (≤ 8 MiB) travel in batches of up to 256 per call, larger
 * ones by themselves beside them. Every file ends by itself: how is told by `onOutcome`, in any
 * order. Rejects only for what concerns all of them (an abort, a login that ended, a server out of
 * reach). Takes items as it needs them, so they may be made on the way; closes their sources.
 */
export async function uploadMany<Item extends UploadRequest>(
  deps: TransferDeps,
  items: Iterable<Item> | AsyncIterable<Item>,
  options: UploadManyOptions<Item> = {},
): Promise<void> {
  const stop = new AbortController();
  const signals = options.signal === undefined ? [stop.signal] : [options.signal, stop.signal];
  const run = new ManyUploads(deps, { ...options, signal: AbortSignal.any(signals) });
  try {
    for await (const item of items) await run.take(item);
    await run.finish();
  } catch (error) {
    stop.abort(error);
    await run.settle();
    throw error;
  }
}

type RunOptions<Item extends UploadRequest> = UploadManyOptions<Item> & {
  readonly signal: AbortSignal;
};

class ManyUploads<Item extends UploadRequest> {
  readonly #deps: TransferDeps;
  readonly #options: RunOptions<Item>;
  readonly #batches = new TaskSet(BATCHES_AT_ONCE);
  readonly #large = new TaskSet(LARGE_AT_ONCE);
  readonly #slots;
  #batch: BatchItem<Item>[] = [];
  #batchBytes = 0;

  constructor(deps: TransferDeps, options: RunOptions<Item>) {
    this.#deps = deps;
    this.#options = options;
    this.#slots = createAdaptiveSlots({ ...SMALL_SLOTS, now: () => deps.ambient.now() });
  }

  async take(item: Item): Promise<void> {
    this.#options.signal.throwIfAborted();
    if (item.source.size > SINGLE_PUT_LIMIT) {
      await this.#large.start(() => this.#uploadLarge(item));
      return;
    }
    const ready = await this.#read(item);
    if (ready === null) return;
    this.#batch.push(ready);
    this.#batchBytes += ready.content.size;
    if (this.#batch.length === BATCH_LIMIT || this.#batchBytes >= BATCH_BYTES) await this.#send();
  }

  async finish(): Promise<void> {
    await this.#send();
    await this.#batches.finish();
    await this.#large.finish();
  }

  /** Waits for whatever still runs, however it ends. */
  async settle(): Promise<void> {
    await Promise.allSettled([this.#batches.finish(), this.#large.finish()]);
  }

  async #read(item: Item): Promise<BatchItem<Item> | null> {
    try {
      const { signal } = this.#options;
      const content = await readSmallContent(this.#deps, item.source, { signal });
      return { item, content };
    } catch (error) {
      this.#failed(item, error);
      return null;
    } finally {
      await item.source.close();
    }
  }

  async #send(): Promise<void> {
    const items = this.#batch;
    if (items.length === 0) return;
    this.#batch = [];
    this.#batchBytes = 0;
    const onSent = this.#options.onSent ?? (() => {});
    const { signal } = this.#options;
    await this.#batches.start(() =>
      uploadBatch(this.#deps, items, {
        slots: this.#slots,
        signal,
        onPending: (item, upload) => this.#options.onPending?.(item, upload),
        onSent,
        onOutcome: (outcome) => this.#report(outcome),
      }),
    );
  }

  async #uploadLarge(item: Item): Promise<void> {
    const { signal, onSent } = this.#options;
    let seen: number | null = null;
    try {
      const result = await uploadFile(this.#deps, item, {
        signal,
        onPending: (upload) => this.#options.onPending?.(item, upload),
        onProgress: ({ phase, bytes }) => {
          if (phase !== 'sending') return;
          if (seen !== null) onSent?.(bytes - seen);
          seen = bytes;
        },
      });
      this.#report({ kind: 'done', item, ...result });
    } catch (error) {
      this.#failed(item, error);
    }
  }

  #report(outcome: UploadOutcome<Item>): void {
    this.#options.onOutcome?.(outcome);
  }

  /** What isn't a failure of this file alone (an abort, a defect, the login) ends them all. */
  #failed(item: Item, error: unknown): void {
    if (this.#options.signal.aborted || concernsAll(error)) throw error;
    this.#report({ kind: 'failed', item, error });
  }
}
