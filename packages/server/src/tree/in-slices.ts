/** Rows for one statement: a second or so, far from the time-out at which the database ends it. */
const SLICE = 10_000;

/** Does to a long list, slice by slice and in order, what one statement would take too long for. */
export async function inSlices<T>(
  list: readonly T[],
  work: (slice: readonly T[]) => Promise<void>,
): Promise<void> {
  for (let from = 0; from < list.length; from += SLICE) {
    await work(from === 0 && list.length <= SLICE ? list : list.slice(from, from + SLICE));
  }
}
