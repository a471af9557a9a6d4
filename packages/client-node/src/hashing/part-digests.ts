import { createHash, type Hash } from 'node:crypto';
import type { PartGrid } from '@valise/client/hashing';

/** SHA-256 of a stretch's parts, made from its bytes in passing. */
export class PartDigests {
  readonly #grid: PartGrid;
  readonly #digests: Uint8Array[] = [];
  #open: Hash = createHash('sha256');
  #taken = 0;

  constructor(grid: PartGrid) {
    this.#grid = grid;
  }

  /** Takes the bytes that follow those of the last call. */
  push(bytes: Uint8Array): void {
    const { size, total } = this.#grid;
    for (let at = 0; at < bytes.length && this.#taken < total; ) {
      const room = Math.min(size - (this.#taken % size), total - this.#taken);
      const piece = bytes.subarray(at, at + room);
      this.#open.update(piece);
      this.#taken += piece.length;
      at += piece.length;
      if (this.#taken % size === 0 || this.#taken === total) this.#endPart();
    }
  }

  /** The digests of the parts that are whole, packed. */
  digests(): Uint8Array {
    return new Uint8Array(Buffer.concat(this.#digests));
  }

  #endPart(): void {
    this.#digests.push(this.#open.digest());
    this.#open = createHash('sha256');
  }
}
