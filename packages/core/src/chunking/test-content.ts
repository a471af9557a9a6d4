import { createRandom } from './test-random.ts';

/**
 * The contents of the golden vectors, each made from a few parameters so that the vectors stay
 * small. `docs/chunking.md` says how; every implementation has to make the same bytes.
 */
export type ContentRecipe =
  | { readonly kind: 'random'; readonly seed: number; readonly size: number }
  | { readonly kind: 'repeat'; readonly hex: string; readonly size: number }
  | { readonly kind: 'words'; readonly seed: number; readonly size: number }
  | { readonly kind: 'join'; readonly parts: readonly ContentRecipe[] };

/**
 * Repeated, these are a hit every 44 bytes: more than count in a block. By what the second stage
 * makes of them.
 */
export const FLOODS = {
  hit: '8e2a6298dc58ff4d6a317b464ea17eb0602a509a7fe0fba5daaa6fd09bfeb1d3f1625f8602c4f4c310c52620',
  loose: 'eb7aef9023bd411112ea486e33dfbf40e8d563f7278c026d1d96d47dd72e9a1855b69d26488cd65dd173daf0',
  strict:
    'a19c7501ce58a6ddf3507cd4577ceb010712e73ca8f042a115cfb7f61f4e3d762cfac05ddc7d9290362f7120',
};

const WORDS = 'the quick brown fox jumps over a lazy dog while 12 bits of rain fall slowly\n';

export function contentOf(recipe: ContentRecipe): Uint8Array {
  switch (recipe.kind) {
    case 'random':
      return randomBytes(recipe.seed, recipe.size);
    case 'repeat':
      return repeated(recipe.hex, recipe.size);
    case 'words':
      return words(recipe.seed, recipe.size);
    case 'join':
      return joined(recipe.parts.map(contentOf));
  }
}

/** xorshift32 (13, 17, 5); each step gives four bytes, the lowest first. */
function randomBytes(seed: number, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  const { next } = createRandom(seed);
  for (let at = 0; at < size; at += 4) {
    const word = next();
    for (let lane = 0; lane < 4 && at + lane < size; lane++) {
      bytes[at + lane] = word >>> (8 * lane);
    }
  }
  return bytes;
}

function repeated(hex: string, size: number): Uint8Array {
  const unit = Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at += unit.length) bytes.set(unit.subarray(0, size - at), at);
  return bytes;
}

/** Words of `WORDS`, number (step mod 16), each with a space behind it; cut off at `size`. */
function words(seed: number, size: number): Uint8Array {
  const vocabulary = WORDS.split(' ').map((word) => new TextEncoder().encode(`${word} `));
  const bytes = new Uint8Array(size);
  const { next } = createRandom(seed);
  for (let at = 0; at < size; ) {
    const word = vocabulary[next() % vocabulary.length] ?? new Uint8Array(1);
    bytes.set(word.subarray(0, size - at), at);
    at += word.length;
  }
  return bytes;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
