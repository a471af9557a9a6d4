/** What a digest thread is asked: the digests of the pieces of `bytes`, which is shared memory. */
export interface DigestTask {
  readonly bytes: Uint8Array;
  readonly sizes: readonly number[];
}

/** Where in `bytes` each piece lies. */
export function* piecesOf({ bytes, sizes }: DigestTask): Generator<Uint8Array> {
  let end = 0;
  for (const size of sizes) {
    const start = end;
    end += size;
    yield bytes.subarray(start, end);
  }
}
