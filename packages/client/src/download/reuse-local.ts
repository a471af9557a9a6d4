import { matchChunks } from '@valise/core/manifest';
import { isClientError } from '../errors/client-error.ts';
import type { ContentSink } from '../ports.ts';
import { createAdaptiveSlots } from '../transfer/adaptive-slots.ts';
import { createBufferPool } from '../transfer/buffer-pool.ts';
import { type ChunkIndex, hasDigest } from '../transfer/chunk-index.ts';
import { runInSlots } from '../transfer/run-in-slots.ts';
import type { TransferDeps } from '../transfer/transfer-deps.ts';
import type { LocalContent } from './local-content.ts';
import type { DownloadRange } from './plan-ranges.ts';

/** Read, hashed and written at once; a few of them keep disk and hashing threads busy. */
const RANGE_BYTES = 4 * 1_048_576;
const RANGES_AT_ONCE = 4;

/** Whole chunks of the wanted content, and where a local one has them. */
interface LocalRange extends DownloadRange {
  readonly local: LocalContent;
  /** First byte of the range there. */
  readonly from: number;
}

export interface ReuseLocal {
  readonly records: Uint8Array;
  readonly locals: readonly LocalContent[];
  readonly sink: ContentSink;
  readonly signal: AbortSignal;
  isMissing(index: number): boolean;
  onReused(bytes: number): void;
}

/** Writes the chunks that local contents have, each verified. Answers which these were. */
export async function reuseLocal(
  deps: TransferDeps,
  chunks: ChunkIndex,
  job: ReuseLocal,
): Promise<ReadonlySet<number>> {
  const reused = new Set<number>();
  const ranges = planLocalRanges(chunks, job);
  if (ranges.length === 0) return reused;
  const { ambient } = deps;
  const buffers = createBufferPool(Math.max(RANGE_BYTES, chunks.largest), ambient);
  const slots = createAdaptiveSlots({ max: RANGES_AT_ONCE, now: () => ambient.now() });
  const unusable = new Set<LocalContent>();
  const reuseRange = async (range: LocalRange, signal: AbortSignal) => {
    if (unusable.has(range.local)) return;
    const into = buffers.take();
    try {
      const bytes = await range.local.source.read(range.from, range.size, { into, signal });
      for (const run of await soundRuns(deps, chunks, { range, bytes })) {
        const from = run.offset - range.offset;
        await job.sink.write(run.offset, bytes.subarray(from, from + run.size));
        for (let index = run.first; index <= run.last; index++) reused.add(index);
        job.onReused(run.size);
      }
    } catch (error) {
      // It is shorter now, or gone. What is there is none of our business: the rest is fetched.
      const isTheirs =
        isClientError(error, 'content-changed') || isClientError(error, 'local-file');
      if (!isTheirs || signal.aborted) throw error;
      unusable.add(range.local);
    } finally {
      buffers.give(into);
    }
  };
  await runInSlots(ranges, reuseRange, { slots, signal: job.signal });
  return reused;
}

/** Runs of missing chunks that lie together in one local content, in pieces. */
function planLocalRanges(chunks: ChunkIndex, job: ReuseLocal): LocalRange[] {
  const { locals } = job;
  const runs = matchChunks(
    job.records,
    locals.map((local) => local.records),
  );
  const ranges: LocalRange[] = [];
  let index = 0;
  for (const { offset, size, source } of runs) {
    let range: Growing | null = null;
    for (; index < chunks.count && chunks.chunk(index).offset < offset + size; index++) {
      const local = source === null ? undefined : locals[source.object];
      if (source === null || local === undefined || !job.isMissing(index)) {
        range = null;
        continue;
      }
      const chunk = chunks.chunk(index);
      if (range === null || range.size + chunk.size > RANGE_BYTES) {
        const from = source.from + chunk.offset - offset;
        range = { offset: chunk.offset, size: 0, first: index, last: index, local, from };
        ranges.push(range);
      }
      range.size += chunk.size;
      range.last = index;
    }
  }
  return ranges;
}

type Growing = { -readonly [Key in keyof LocalRange]: LocalRange[Key] };

/** The stretches of right chunks. */
async function soundRuns(
  { ambient }: TransferDeps,
  chunks: ChunkIndex,
  { range, bytes }: { readonly range: DownloadRange; readonly bytes: Uint8Array },
): Promise<DownloadRange[]> {
  const count = range.last - range.first + 1;
  const sizes = Array.from({ length: count }, (_, n) => chunks.chunk(range.first + n).size);
  const digests = await ambient.sha256Each(bytes, sizes);
  const runs: { offset: number; size: number; first: number; last: number }[] = [];
  for (let n = 0; n < count; n++) {
    const index = range.first + n;
    const chunk = chunks.chunk(index);
    if (!hasDigest(chunk, digests, n)) continue;
    const { offset, size } = chunk;
    const last = runs.at(-1);
    if (last?.last === index - 1) {
      last.size += size;
      last.last = index;
    } else runs.push({ offset, size, first: index, last: index });
  }
  return runs;
}
