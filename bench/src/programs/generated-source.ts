import { createCipheriv, createHash } from 'node:crypto';
import type { ContentSource } from '@valise/client';

const AES_BLOCK = 16;
/** The cipher allocates each piece anew: large ones would count as the client’s memory. */
const PIECE = 64 * 1024;
const ZEROS = Buffer.alloc(PIECE);

/**
 * A file that nobody stores: AES-128-CTR keyed by the seed, readable from any offset. Incompressible
 * and without repeats, at several GB/s.
 */
export class GeneratedSource implements ContentSource {
  readonly size: number;
  readonly #key: Buffer;

  constructor(seed: string, size: number) {
    this.size = size;
    this.#key = createHash('sha256').update(seed).digest().subarray(0, 16);
  }

  read(
    offset: number,
    length: number,
    options: { readonly into?: Uint8Array } = {},
  ): Promise<Uint8Array> {
    const out = options.into?.subarray(0, length) ?? new Uint8Array(length);
    const skip = offset % AES_BLOCK;
    const counter = Buffer.alloc(AES_BLOCK);
    counter.writeBigUInt64BE(BigInt((offset - skip) / AES_BLOCK), 8);
    const cipher = createCipheriv('aes-128-ctr', this.#key, counter);
    cipher.update(ZEROS.subarray(0, skip));
    for (let at = 0; at < length; at += PIECE) {
      out.set(cipher.update(ZEROS.subarray(0, Math.min(PIECE, length - at))), at);
    }
    return Promise.resolve(out);
  }

  identity(): Promise<string> {
    return Promise.resolve(`generated ${this.#key.toString('hex')} ${this.size}`);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
