import { BATCH_LIMIT } from '@valise/core/wire';
import { concernsAll } from '../errors/client-error.ts';
import { createAdaptiveSlots, type Slots } from '../transfer/adaptive-slots.ts';
import { runInSlots } from '../transfer/run-in-slots.ts';
import { TaskSet } from '../transfer/task-set.ts';
import type { TransferDeps } from '../transfer/transfer-deps.ts';
import { downloadFile, receiveSmall } from './download-file.ts';
import type { DownloadItem, DownloadManyOptions, DownloadResult } from './download-request.ts';
import { createSignedUrl } from './download-url.ts';

/** Held in memory, one per slot; larger files go range by range. */
const SMALL = 4 * 1_048_576;
/**
 * From here on a call for the chunk list costs less than the chunks that needn't be fetched: measured, it
 * takes as long as 0.7 MB at 1 Gbit/s.
 */
const COMPARE_FROM = 1_048_576;
/** Enough to hide the way to the server; each may hold as much memory as its file has bytes. */
const COMPARED_AT_ONCE = 4;
const SMALL_SLOTS = { start: 8, max: 16 };
/** While one batch is received, the next one's URLs are asked for. */
const BATCHES_AT_ONCE = 2;
/** Large files are parallel in themselves. */
const LARGE_AT_ONCE = 1;

/**
 * Downloads any number of files; small ones with one call for 256 URLs and one GET each, but for those
 * of which an older version is here: of them only what changed is fetched. Every file ends by itself, told by `onOutcome`. Rejects only for what concerns all of them. Takes
 * items as it needs them.
 */
export async function downloadMany<Item extends DownloadItem>(
  deps: TransferDeps,
  items: Iterable<Item> | AsyncIterable<Item>,
  options: DownloadManyOptions<Item> = {},
): Promise<void> {
  const stop = new AbortController();
  const signals = options.signal === undefined ? [stop.signal] : [options.signal, stop.signal];
  const signal = AbortSignal.any(signals);
  const batches = new TaskSet(BATCHES_AT_ONCE);
  const large = new TaskSet(LARGE_AT_ONCE);
  const compared = new TaskSet(COMPARED_AT_ONCE);
  const slots = createAdaptiveSlots({ ...SMALL_SLOTS, now: () => deps.ambient.now() });
  const run = { ...options, signal, slots };
  let batch: Item[] = [];
  const sendBatch = async () => {
    const full = batch;
    batch = [];
    if (full.length > 0) await batches.start(() => receiveBatch(deps, full, run));
  };
  try {
    for await (const item of items) {
      signal.throwIfAborted();
      if (item.older !== undefined && item.file.size >= COMPARE_FROM) {
        await compared.start(() => receiveAlone(deps, item, run));
      } else if (item.file.size > SMALL) await large.start(() => receiveAlone(deps, item, run));
      else if (batch.push(item) === BATCH_LIMIT) await sendBatch();
    }
    await sendBatch();
    await batches.finish();
    await compared.finish();
    await large.finish();
  } catch (error) {
    stop.abort(error);
    await Promise.allSettled([batches.finish(), compared.finish(), large.finish()]);
    throw error;
  }
}

type Run<Item extends DownloadItem> = DownloadManyOptions<Item> & {
  readonly signal: AbortSignal;
  readonly slots: Slots;
};

async function receiveBatch<Item extends DownloadItem>(
  deps: TransferDeps,
  items: readonly Item[],
  run: Run<Item>,
): Promise<void> {
  const { signal, slots } = run;
  const ids = items.map((item) => item.file.id);
  const urls = await deps.api.downloads.urls(ids, { signal, patient: true });
  const receiveOne = async ([index, item]: readonly [number, Item], itemSignal: AbortSignal) => {
    await settle(item, run, async () => {
      const answer = urls[index];
      if (answer !== undefined && 'error' in answer) throw answer.error;
      const options = { given: answer?.downloadUrl ?? null, signal: itemSignal };
      return receiveSmall(deps, item.file, {
        sink: item.sink,
        url: createSignedUrl(deps, item.file, options),
        slots,
        signal: itemSignal,
        onReceived: run.onReceived ?? (() => {}),
      });
    });
  };
  await runInSlots(items.entries(), receiveOne, { slots, signal });
}

async function receiveAlone<Item extends DownloadItem>(
  deps: TransferDeps,
  item: Item,
  run: Run<Item>,
): Promise<void> {
  let seen = 0;
  await settle(item, run, async () => {
    const { signal } = run;
    const older = (await item.older?.(signal)) ?? null;
    const request = { fileId: item.file.id, sink: item.sink };
    try {
      return await downloadFile(deps, older === null ? request : { ...request, reuse: [older] }, {
        signal,
        onProgress: ({ phase, bytes }) => {
          if (phase === 'receiving') run.onReceived?.(bytes - seen);
          seen = bytes;
        },
      });
    } finally {
      await older?.source.close();
    }
  });
}

/** Reports how one file went; what isn't its failure alone ends them all. */
async function settle<Item extends DownloadItem>(
  item: Item,
  run: Run<Item>,
  work: () => Promise<DownloadResult>,
): Promise<void> {
  try {
    run.onOutcome?.({ kind: 'done', item, result: await work() });
  } catch (error) {
    await item.sink.abort({ keep: true });
    if (run.signal.aborted || concernsAll(error)) throw error;
    run.onOutcome?.({ kind: 'failed', item, error });
  }
}
