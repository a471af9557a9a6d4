type Work = (signal: AbortSignal) => Promise<void>;

/** Runs all until one ends or fails; then the others are to end, too. Rejects with what failed first. */
export async function runTogether(signal: AbortSignal, works: readonly Work[]): Promise<void> {
  const stop = new AbortController();
  const until = AbortSignal.any([signal, stop.signal]);
  const failures: unknown[] = [];
  await Promise.all(
    works.map(async (work) => {
      try {
        await work(until);
      } catch (error) {
        failures.push(error);
      }
      stop.abort();
    }),
  );
  if (failures.length > 0) throw failures[0];
}
