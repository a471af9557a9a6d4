import { DIGEST_BYTES } from '../chunking/index.ts';
import { RECORD_BYTES, recordCount } from './records.ts';

const WORDS = DIGEST_BYTES / 4;

/**
 * Finds the first record with each digest: open addressing over the packed records themselves,
 * 8–16 bytes a record.
 *
 * The digests are a client's claims, so it could choose a million that share a slot. The slots are
 * therefore keyed by `seed` (32 bytes): hash the whole list, and its author can't choose the
 * digests to suit the seed.
 */
export class DigestTable {
  readonly #records: Uint8Array;
  readonly #slots: Int32Array;
  readonly #factors: Int32Array;

  constructor(records: Uint8Array, seed: Uint8Array) {
    this.#records = records;
    let capacity = 16;
    while (capacity < recordCount(records) * 2) capacity *= 2;
    this.#slots = new Int32Array(capacity).fill(-1);
    this.#factors = Int32Array.from({ length: WORDS }, (_, word) => wordAt(seed, word * 4) | 1);
  }

  /** The number of the first record with this one's digest: its own, when it is the first. */
  firstOf(index: number): number {
    const at = index * RECORD_BYTES;
    const mask = this.#slots.length - 1;
    for (let slot = this.#hash(at) & mask; ; slot = (slot + 1) & mask) {
      const other = this.#slots[slot] ?? -1;
      if (other < 0) {
        this.#slots[slot] = index;
        return index;
      }
      if (this.#sameDigest(at, other * RECORD_BYTES)) return other;
    }
  }

  #hash(at: number): number {
    let hash = 0;
    for (let word = 0; word < WORDS; word++) {
      const mixed = wordAt(this.#records, at + word * 4) ^ hash;
      hash = Math.imul(mixed ^ (mixed >>> 15), this.#factors[word] ?? 1);
    }
    return (hash ^ (hash >>> 16)) >>> 0;
  }

  #sameDigest(left: number, right: number): boolean {
    for (let byte = 0; byte < DIGEST_BYTES; byte++) {
      if (this.#records[left + byte] !== this.#records[right + byte]) return false;
    }
    return true;
  }
}

function wordAt(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] ?? 0) |
    ((bytes[at + 1] ?? 0) << 8) |
    ((bytes[at + 2] ?? 0) << 16) |
    ((bytes[at + 3] ?? 0) << 24)
  );
}
