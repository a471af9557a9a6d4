import { DIGEST_BYTES } from '../chunking/index.ts';
import { RECORD_BYTES, writeSize } from './records.ts';

/** Records of a few chunks; it doubles from there on. */
const FIRST_BYTES = 64 * RECORD_BYTES;

/**
 * Collects the records of chunks that come one by one, in the memory that they take packed, and at
 * most as much again: a digest kept as an object of its own takes ten times its 32 bytes.
 */
export class RecordList {
  #bytes = new Uint8Array(FIRST_BYTES);
  #length = 0;

  add(digest: Uint8Array, size: number): void {
    if (this.#length === this.#bytes.length) this.#grow();
    this.#bytes.set(digest, this.#length);
    writeSize(this.#bytes, this.#length + DIGEST_BYTES, size);
    this.#length += RECORD_BYTES;
  }

  /** A copy of no more than what was added. */
  records(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #grow(): void {
    const larger = new Uint8Array(this.#bytes.length * 2);
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}
