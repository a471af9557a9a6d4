import { createCipheriv, createHash } from 'node:crypto';
import type { ContentSource } from '@valise/client';

/** Content is made in blocks of this size. */
const BLOCK = 64 * 1024;
const WORDS = BLOCK / 4;
/** Words of random content that every block is taken from, at a place of its own. */
const POOL = 1 << 20;

/**
 * A file that nobody stores, readable from any offset: random words, taken for each block from
 * another place and altered by another number. Incompressible, without repeats, at several GB/s, and
 * made without leaving garbage, which would count as the client’s memory.
 */
export class GeneratedSource implements ContentSource {
  readonly size: number;
  readonly #seed: string;
  readonly #pool: Uint32Array;
  readonly #block = new Uint32Array(WORDS);
  readonly #bytes = new Uint8Array(this.#block.buffer);

  constructor(seed: string, size: number) {
    this.size = size;
    this.#seed = seed;
    this.#pool = randomWords(seed);
  }

  read(
    offset: number,
    length: number,
    options: { readonly into?: Uint8Array } = {},
  ): Promise<Uint8Array> {
    const out = options.into?.subarray(0, length) ?? new Uint8Array(length);
    for (let at = 0; at < length; ) {
      const index = Math.floor((offset + at) / BLOCK);
      const from = (offset + at) % BLOCK;
      const to = Math.min(BLOCK, from + length - at);
      this.#make(index);
      out.set(this.#bytes.subarray(from, to), at);
      at += to - from;
    }
    return Promise.resolve(out);
  }

  #make(index: number): void {
    const start = Math.imul(index, 0x9e37_79b1) >>> 0;
    const mask = Math.imul(index + 1, 0x85eb_ca6b);
    for (let word = 0; word < WORDS; word++) {
      this.#block[word] = (this.#pool[(start + word) & (POOL - 1)] ?? 0) ^ mask;
    }
  }

  identity(): Promise<string> {
    return Promise.resolve(`generated ${this.#seed} ${this.size}`);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

function randomWords(seed: string): Uint32Array {
  const key = createHash('sha256').update(seed).digest().subarray(0, 16);
  const bytes = createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(POOL * 4));
  return new Uint32Array(Uint8Array.from(bytes).buffer);
}
