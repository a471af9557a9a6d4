import type { ContentEncoding } from '@valise/core/wire';

interface Stored {
  readonly storedSize: number | null;
  readonly contentEncoding: ContentEncoding | null;
}

/** As the wire has it: absent where the store holds the file's own bytes. */
export function storedForm({ storedSize, contentEncoding }: Stored) {
  return storedSize === null || contentEncoding === null ? {} : { storedSize, contentEncoding };
}
