import { createHash } from 'node:crypto';
import type { Json } from './api.ts';
import { pseudoRandom } from './content.ts';

const KiB = 1024;

/** A content with its chunk list as the contract has it; where it is cut is the client's business. */
export interface Chunked {
  readonly content: Uint8Array;
  readonly chunks: readonly (readonly [id: string, size: number])[];
  readonly fingerprint: string;
}

export function chunked(pieces: readonly Uint8Array[]): Chunked {
  const digests = pieces.map((piece) => createHash('sha256').update(piece).digest());
  return {
    content: Buffer.concat(pieces),
    chunks: pieces.map((piece, n) => [`sha256:${digests[n]?.toString('hex')}`, piece.length]),
    fingerprint: fingerprintOf(digests),
  };
}

export function fingerprintOf(digests: readonly Uint8Array[]): string {
  return `v1:${createHash('sha256').update(Buffer.concat(digests)).digest('hex')}`;
}

/** So many chunks of 256 KiB that nothing else has. */
export function somePieces(seed: string, count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, n) => pseudoRandom(`${seed} ${n}`, 256 * KiB));
}

/** Bytes that an upload's answer asks for. */
export function bytesAsked(upload: Json): number {
  return upload.parts.reduce((sum: number, part: Json) => sum + part.size, 0);
}
