export interface Keyed {
  readonly key: string;
}

/** What two lists have at one key; at least one of both. */
export interface Pair<L, R> {
  readonly key: string;
  readonly left: L | null;
  readonly right: R | null;
}

/**
 * Walks two lists that ascend by key side by side, holding one item of each. Throws where one doesn't
 * ascend: what would look missing then may be there.
 */
export async function* mergeByKey<L extends Keyed, R extends Keyed>(
  lefts: AsyncIterable<L>,
  rights: AsyncIterable<R>,
): AsyncGenerator<Pair<L, R>> {
  const [left, right] = [cursorOf(lefts), cursorOf(rights)];
  let [one, other] = [await left.next(), await right.next()];
  while (one !== null || other !== null) {
    const isOnlyLeft = other === null || (one !== null && one.key < other.key);
    const isOnlyRight = one === null || (other !== null && other.key < one.key);
    const key = (isOnlyRight ? other : one)?.key ?? '';
    yield { key, left: isOnlyRight ? null : one, right: isOnlyLeft ? null : other };
    if (!isOnlyRight) one = await left.next();
    if (!isOnlyLeft) other = await right.next();
  }
}

function cursorOf<T extends Keyed>(items: AsyncIterable<T>) {
  const iterator = items[Symbol.asyncIterator]();
  let last = '';
  return {
    async next(): Promise<T | null> {
      const { done, value } = await iterator.next();
      if (done === true) return null;
      if (value.key <= last) throw new Error(`The keys ${last} and ${value.key} are out of order.`);
      last = value.key;
      return value;
    },
  };
}
