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

/** Divides a file among threads. Starts are whole MiB: in zeros, where a cut would be anyway. */
export function planStretches(size: number, threads: number): PlannedStretch[] {
  const even = Math.ceil(size / threads / MIB) * MIB;
  const length = Math.min(Math.max(even, SHORTEST), LONGEST);
  return Array.from({ length: Math.ceil(size / length) }, (_, index) => {
    const start = index * length;
    const share = Math.min(length, size - start);
    return { start, share, until: start + share + OVERLAP };
  });
}
