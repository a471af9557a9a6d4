import { blockOf, ChunkSearch } from './chunk-search.ts';
import { createCutFinder } from './create-cut-finder.ts';
import { BLOCK, MAX_CHUNK } from './parameters.ts';

export interface WindowChunk {
  /** Its offset in the content. */
  readonly start: number;
  readonly end: number;
  /** Its bytes, until room is asked for again. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * A piece of memory that a content moves through: whoever reads it fills the room, and takes out
 * the chunks as they turn out to be whole. The quickest way to chunk: no byte is copied but the
 * beginning of the chunk that is open when the room has run out.
 *
 * `start`, at first and in `restart`, is where the first byte lies in the content. Cuts are the
 * content's if a chunk begins there, and as a rule from the third or fourth on if not: chains of
 * cuts that meet stay together.
 */
export class ChunkWindow {
  readonly #step: number;
  readonly #size: number;
  readonly #finder;
  #search: ChunkSearch;
  #origin: number;
  #position: number;

  /** `step`: the most bytes that are ever put in at once. */
  constructor(step: number, start = 0) {
    this.#step = step;
    this.#size = BLOCK + MAX_CHUNK + step;
    this.#finder = createCutFinder(this.#size);
    this.#search = new ChunkSearch(start);
    this.#origin = blockOf(start);
    this.#position = start;
  }

  /** The content's offset behind the last byte that was put in. */
  get position(): number {
    return this.#position;
  }

  /** Forgets everything and begins anew. */
  restart(start = 0): void {
    this.#search = new ChunkSearch(start);
    this.#origin = blockOf(start);
    this.#position = start;
  }

  /** Where the next `size` bytes belong; at most `step`. */
  room(size: number): Uint8Array<ArrayBuffer> {
    if (size > this.#step) throw new RangeError(`There is room for ${this.#step} bytes at once.`);
    if (this.#position - this.#origin + size > this.#size) this.#moveUp();
    const at = this.#position - this.#origin;
    return this.#finder.bytes.subarray(at, at + size);
  }

  /** `size` bytes of the room have been filled. Answers the chunks that this completed. */
  push(size: number): WindowChunk[] {
    this.#position += size;
    return this.#ended(false);
  }

  /** The content has ended: the rest of its chunks. Only `restart` may follow. */
  finish(): WindowChunk[] {
    return this.#ended(true);
  }

  #ended(isEnd: boolean): WindowChunk[] {
    const chunks: WindowChunk[] = [];
    const hand = {
      finder: this.#finder,
      origin: this.#origin,
      position: this.#position,
      isEnd,
    };
    for (;;) {
      const { start } = this.#search;
      const end = this.#search.advance(hand);
      if (end === null) return chunks;
      const bytes = this.#finder.bytes.subarray(start - this.#origin, end - this.#origin);
      chunks.push({ start, end, bytes });
    }
  }

  /** Moves the open chunk to the front, at the same place within a block. */
  #moveUp(): void {
    const { start } = this.#search;
    const origin = blockOf(start);
    const from = start - this.#origin;
    this.#finder.bytes.copyWithin(start - origin, from, this.#position - this.#origin);
    this.#origin = origin;
  }
}
