import { hash } from 'node:crypto';

/** Node's SHA-256 in the shape that `core` asks for. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return hash('sha256', bytes, 'buffer');
}
