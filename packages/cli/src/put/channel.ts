/**
 * Hands items from those who find them to the one who works on them, holding about `capacity` of
 * them: whoever is faster waits.
 */
export interface Channel<T> extends AsyncIterable<T> {
  /** Resolves when there is room again; at once when nobody reads any more. */
  push(item: T): Promise<void>;
  /** Nothing more will come; what was pushed is still read. */
  end(): void;
}

export function createChannel<T>(capacity: number): Channel<T> {
  const items: T[] = [];
  let ended = false;
  let changed = Promise.withResolvers<void>();
  const announce = () => {
    changed.resolve();
    changed = Promise.withResolvers<void>();
  };
  const end = () => {
    ended = true;
    announce();
  };
  return {
    async push(item) {
      if (ended) return;
      items.push(item);
      announce();
      while (items.length > capacity && !ended) await changed.promise;
    },
    end,
    async *[Symbol.asyncIterator]() {
      try {
        for (;;) {
          const item = items.shift();
          if (item !== undefined) {
            if (items.length === capacity) announce();
            yield item;
          } else if (ended) {
            return;
          } else {
            await changed.promise;
          }
        }
      } finally {
        end();
      }
    },
  };
}
