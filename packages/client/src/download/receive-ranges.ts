import { ClientError } from '../errors/client-error.ts';
import type { ByteRange, ContentSink } from '../ports.ts';
import { createAdaptiveSlots, type Slots } from '../transfer/adaptive-slots.ts';
import { createBufferPool } from '../transfer/buffer-pool.ts';
import { type ChunkIndex, hasDigest, isChunk } from '../transfer/chunk-index.ts';
import { runInSlots } from '../transfer/run-in-slots.ts';
import type { TransferControl } from '../transfer/transfer-control.ts';
import type { TransferDeps } from '../transfer/transfer-deps.ts';
import type { SignedUrl } from './download-url.ts';
import { type DownloadRange, planChunkRanges, planPlainRanges } from './plan-ranges.ts';
import { storeGet } from './store-get.ts';

/** Large enough that a request's latency hardly counts, small enough to share out evenly. */
export const RANGE_SIZE = 8 * 1_048_576;
/** All buffers together. */
const BUFFER_BYTES = 64 * 1_048_576;
const MAX_SLOTS = 12;
/** A chunk that is wrong again and again is wrong at the store. */
export const MAX_REFETCHES = 3;

export interface ReceiveRanges {
  readonly url: SignedUrl;
  readonly size: number;
  readonly sink: ContentSink;
  readonly signal: AbortSignal;
  readonly control?: TransferControl | undefined;
  onReceived(bytes: number): void;
}

/** Fetches the missing chunks and writes them once verified. */
export async function receiveChunks(
  deps: TransferDeps,
  chunks: ChunkIndex,
  job: ReceiveRanges & { isMissing(index: number): boolean },
): Promise<void> {
  const rangeSize = Math.max(RANGE_SIZE, chunks.largest);
  const ranges = planChunkRanges(chunks, job.isMissing, rangeSize);
  await receive(deps, ranges, { ...job, rangeSize }, async (range, fetched, again) => {
    await verifyRange(deps, chunks, { range, fetched, again });
  });
}

/** Fetches everything, with nothing but the size to check it by. */
export async function receivePlain(deps: TransferDeps, job: ReceiveRanges): Promise<void> {
  const ranges = planPlainRanges(job.size, RANGE_SIZE);
  await receive(deps, ranges, { ...job, rangeSize: RANGE_SIZE }, async () => {});
}

type Refetch = (range: ByteRange, into: Uint8Array) => Promise<Uint8Array>;

async function receive<Range extends ByteRange>(
  deps: TransferDeps,
  ranges: readonly Range[],
  job: ReceiveRanges & { readonly rangeSize: number },
  verify: (range: Range, fetched: Uint8Array, again: Refetch) => Promise<void>,
): Promise<void> {
  const max = Math.max(1, Math.min(MAX_SLOTS, Math.floor(BUFFER_BYTES / job.rangeSize)));
  const slots: Slots = createAdaptiveSlots({ max, now: () => deps.ambient.now() });
  const alignment = job.sink.alignment ?? 1;
  const largest = Math.min(job.rangeSize, job.size);
  const buffers = createBufferPool(largest + alignment - 1, deps.ambient);
  const { url, size: objectSize, signal, control } = job;
  const receiveRange = async (range: Range, rangeSignal: AbortSignal) => {
    const buffer = buffers.take();
    const into = buffer.subarray(range.offset % alignment);
    const shared = { url, objectSize, slots, signal: rangeSignal };
    const fetched = await storeGet(deps, { ...shared, range, into, onReceived: job.onReceived });
    // What is fetched twice is no progress.
    const again: Refetch = (part, partInto) =>
      storeGet(deps, { ...shared, range: part, into: partInto, onReceived: () => {} });
    await verify(range, fetched, again);
    await job.sink.write(range.offset, fetched);
    buffers.give(buffer);
  };
  await runInSlots(ranges, receiveRange, { slots, signal, control });
}

/** Checks every chunk of a range; a wrong one is fetched again, a few times. */
async function verifyRange(
  deps: TransferDeps,
  chunks: ChunkIndex,
  { range, fetched, again }: { range: DownloadRange; fetched: Uint8Array; again: Refetch },
): Promise<void> {
  for (const index of await wrongChunks(deps, chunks, { range, fetched })) {
    const chunk = chunks.chunk(index);
    const from = chunk.offset - range.offset;
    const bytes = fetched.subarray(from, from + chunk.size);
    for (let refetches = 0; !(await isChunk(bytes, chunk, deps.ambient)); refetches++) {
      if (refetches === MAX_REFETCHES) {
        throw new ClientError(
          'content-corrupt',
          `Bytes ${chunk.offset} to ${chunk.offset + chunk.size} came damaged, again and again.`,
        );
      }
      await again(chunk, bytes);
    }
  }
}

async function wrongChunks(
  { ambient }: TransferDeps,
  chunks: ChunkIndex,
  { range, fetched }: { readonly range: DownloadRange; readonly fetched: Uint8Array },
): Promise<number[]> {
  const indexes = Array.from({ length: range.last - range.first + 1 }, (_, n) => range.first + n);
  const sizes = indexes.map((index) => chunks.chunk(index).size);
  const digests = await ambient.sha256Each(fetched, sizes);
  return indexes.filter((index, n) => !hasDigest(chunks.chunk(index), digests, n));
}
