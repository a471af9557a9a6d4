/** Reproducible chance for test contents. */
export interface Random {
  /** 32 bits, never 0. */
  next(): number;
  below(limit: number): number;
}

/** xorshift32 (13, 17, 5). */
export function createRandom(seed: number): Random {
  let state = seed;
  const next = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
  return { next, below: (limit) => next() % limit };
}

/** Pieces of ASCII one after the other, cut off at `size`. */
export function textOf(size: number, piece: (number: number) => string): Uint8Array {
  const encoder = new TextEncoder();
  const bytes = new Uint8Array(size);
  for (let at = 0, number = 0; at < size; number++) {
    at += encoder.encodeInto(piece(number), bytes.subarray(at)).written;
  }
  return bytes;
}

/** Numbers of a fixed width, as memory holds them. */
export function numbersOf(
  array: Float32Array | Float64Array | Int16Array | Uint16Array | Uint32Array,
  value: (index: number) => number,
): Uint8Array {
  for (let index = 0; index < array.length; index++) array[index] = value(index);
  return new Uint8Array(array.buffer);
}

export function bytesOf(size: number, value: (at: number) => number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at++) bytes[at] = value(at);
  return bytes;
}
