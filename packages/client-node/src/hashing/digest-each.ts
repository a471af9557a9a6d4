import { hash } from 'node:crypto';
import { DIGEST_BYTES } from '@valise/core/chunking';
import { type DigestTask, piecesOf } from './digest-task.ts';

/** Packed digests of the pieces, computed here and now. */
export function digestEach(task: DigestTask): Uint8Array {
  const digests = new Uint8Array(task.sizes.length * DIGEST_BYTES);
  let at = 0;
  for (const piece of piecesOf(task)) {
    digests.set(hash('sha256', piece, 'buffer'), at);
    at += DIGEST_BYTES;
  }
  return digests;
}
