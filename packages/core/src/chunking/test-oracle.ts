/**
 * The chunker as `docs/chunking.md` words it, byte by byte and with numbers of its own: nothing
 * here is shared with the code it judges.
 */
const MIX = [61, 225, 146, 71, 184, 15, 212, 106, 37, 252, 113, 139, 94, 201, 22, 163];

export interface OracleCandidate {
  readonly offset: number;
  readonly strict: boolean;
}

export function oracleCandidates(content: Uint8Array): OracleCandidate[] {
  const candidates: OracleCandidate[] = [];
  let hits = 0;
  for (let position = 0; position < content.length; position++) {
    if (position % 4096 === 0) hits = 0;
    if (!isHit(content, position)) continue;
    hits++;
    if (hits > 64) continue;
    const hash = stageTwo(content, position);
    if (hash < 268435456) candidates.push({ offset: position + 1, strict: hash < 67108864 });
  }
  return candidates;
}

export function oracleCuts(content: Uint8Array): number[] {
  const candidates = new Map(oracleCandidates(content).map((one) => [one.offset, one.strict]));
  const cuts: number[] = [];
  let start = 0;
  for (let offset = 1; offset <= content.length; offset++) {
    const length = offset - start;
    const strict = candidates.get(offset);
    const ends =
      offset === content.length ||
      length === 1048576 ||
      (length >= 131072 && length < 262144 && strict === true) ||
      (length >= 262144 && strict !== undefined);
    if (!ends) continue;
    cuts.push(offset);
    start = offset;
  }
  return cuts;
}

function isHit(content: Uint8Array, position: number): boolean {
  const b = (p: number) => (p < 0 ? 0 : (content[p] ?? 0));
  const y = (p: number) => (b(p) + Math.ceil((b(p - 1) + b(p - 3)) / 2)) % 256;
  const t = (p: number) => (MIX[y(p) % 16] ?? 0) ^ y(p);
  const z = (p: number) => (t(p) + t(p - 5)) % 256;
  const here = z(position);
  return here >= 112 && here <= 127 && (here ^ z(position - 11)) === 53;
}

function stageTwo(content: Uint8Array, position: number): number {
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
