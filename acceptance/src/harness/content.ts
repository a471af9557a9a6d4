import { createCipheriv, createHash } from 'node:crypto';

/** Deterministic, incompressible bytes: AES-CTR over zeros, keyed by the seed. */
export function pseudoRandom(seed: string, length: number): Uint8Array {
  const key = createHash('sha256').update(seed).digest();
  return createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(length));
}
