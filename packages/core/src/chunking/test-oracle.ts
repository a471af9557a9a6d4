/**
 * The chunker as `docs/chunking.md` words it, step by step and with numbers of its own: nothing here
 * is shared with the code it judges.
 */
export type OracleKind = 'strict' | 'loose' | 'hit';

export interface OracleEnd {
  /** Where a chunk may end. */
  readonly offset: number;
  readonly kind: OracleKind;
}

/** Every hit that counts, in order. */
export function oracleEnds(content: Uint8Array): OracleEnd[] {
  const results = roundsOf(content);
  const ends: OracleEnd[] = [];
  let hits = 0;
  for (let position = 0; position < content.length; position++) {
    if (position % 4096 === 0) hits = 0;
    const result = results[position] ?? 0;
    if (result < 32752 || result > 32767) continue;
    hits++;
    if (hits <= 64) ends.push({ offset: position + 1, kind: kindOf(content, position) });
  }
  return ends;
}

export function oracleCuts(content: Uint8Array): number[] {
  const kinds = new Map(oracleEnds(content).map((end) => [end.offset, end.kind]));
  const cuts: number[] = [];
  let start = 0;
  for (let offset = 1; offset <= content.length; offset++) {
    const length = offset - start;
    const kind = kinds.get(offset);
    const ends =
      offset === content.length ||
      length === 1048576 ||
      (length >= 131072 && kind === 'strict') ||
      (length >= 262144 && kind === 'loose') ||
      (length >= 524288 && kind === 'hit');
    if (!ends) continue;
    cuts.push(offset);
    start = offset;
  }
  return cuts;
}

/** What the third round leaves at each position. */
function roundsOf(content: Uint8Array): number[] {
  let values = Array.from(
    content,
    (byte, position) => (position > 0 ? (content[position - 1] ?? 0) : 0) + 256 * byte,
  );
  for (const distance of [5, 11, 15]) {
    const products = values.map((value) => (value * 28491) % 65536);
    const product = (position: number) => (position < 0 ? 0 : (products[position] ?? 0));
    values = products.map((own, position) => {
      const upper = Math.floor(product(position - distance - 1) / 256);
      const lower = product(position - distance + 1) % 256;
      return own ^ (upper + 256 * lower);
    });
  }
  return values;
}

function kindOf(content: Uint8Array, position: number): OracleKind {
  const hash = windowHash(content, position);
  if (hash < 67108864) return 'strict';
  return hash < 268435456 ? 'loose' : 'hit';
}

function windowHash(content: Uint8Array, position: number): number {
  let hash = 2654435769 | 0;
  for (let word = 0; word < 12; word++) {
    let value = 0;
    for (let byte = 0; byte < 4; byte++) {
      value += (content[position - 47 + 4 * word + byte] ?? 0) * 256 ** byte;
    }
    hash = Math.imul(hash ^ value, 3432918353);
    hash ^= hash >>> 15;
  }
  hash = Math.imul(hash, 2246822507);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 3266489909);
  hash ^= hash >>> 16;
  return hash >>> 0;
}
