const MIB = 1_048_576;

/** Long enough that the overlap costs little, short enough that threads end together. */
const LONGEST = 64 * MIB;
const SHORTEST = 4 * MIB;

/** Bytes that a chain goes on behind the next one's start, to meet it: some eight chunks. */
const OVERLAP = 2 * MIB;

export interface PlannedStretch {
  readonly start: number;
  /** Bytes up to the next stretch. */
  readonly share: number;
  readonly until: number;
}

/** Parts of more bytes than this don't fit into a stretch. */
export const LARGEST_PART = LONGEST;

/**
 * Divides a file among threads, at whole `grid`s: at most `LARGEST_PART` and a number of MiB, where
 * zeros would be cut anyway.
 */
export function planStretches(
  size: number,
  { threads, grid = MIB }: { readonly threads: number; readonly grid?: number },
): PlannedStretch[] {
  const even = Math.max(size / threads, SHORTEST);
  const length = Math.min(Math.ceil(even / grid), Math.floor(LONGEST / grid)) * grid;
  return Array.from({ length: Math.ceil(size / length) }, (_, index) => {
    const start = index * length;
    const share = Math.min(length, size - start);
    return { start, share, until: start + share + OVERLAP };
  });
}
