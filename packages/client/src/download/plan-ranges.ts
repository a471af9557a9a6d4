import type { ByteRange } from '../ports.ts';
import type { ChunkIndex } from '../transfer/chunk-index.ts';

/** One ranged GET; with a chunk list it covers the whole chunks `first` … `last`. */
export interface DownloadRange extends ByteRange {
  readonly first: number;
  readonly last: number;
}

/** Runs of missing chunks, up to `rangeSize` bytes each (or one chunk). */
export function planChunkRanges(
  chunks: ChunkIndex,
  isMissing: (index: number) => boolean,
  rangeSize: number,
): DownloadRange[] {
  const ranges: DownloadRange[] = [];
  let run: { offset: number; size: number; first: number; last: number } | null = null;
  for (let index = 0; index < chunks.count; index++) {
    if (!isMissing(index)) {
      run = null;
      continue;
    }
    const { offset, size } = chunks.chunk(index);
    if (run === null || run.size + size > rangeSize) {
      run = { offset, size: 0, first: index, last: index };
      ranges.push(run);
    }
    run.size += size;
    run.last = index;
  }
  return ranges;
}

/** Equal ranges, where there are no chunks to go by. */
export function planPlainRanges(size: number, rangeSize: number): ByteRange[] {
  const ranges: ByteRange[] = [];
  for (let offset = 0; offset < size; offset += rangeSize) {
    ranges.push({ offset, size: Math.min(rangeSize, size - offset) });
  }
  return ranges;
}
