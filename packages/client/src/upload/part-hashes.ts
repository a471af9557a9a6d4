import { DIGEST_BYTES, formatChunkId } from '@valise/core/chunking';
import type { ByteRange, HashedContent } from '../ports.ts';

/** `sha256:…` of a part's bytes, if it is known without reading them. */
export type PartHashLookup = (part: ByteRange) => string | null;

/** Looks parts up among those that were hashed along with the chunks, if they are cut alike. */
export function knownPartHashes({ size, parts }: HashedContent): PartHashLookup {
  return (part) => {
    if (parts === undefined || part.offset % parts.size !== 0) return null;
    if (part.size !== Math.min(parts.size, size - part.offset)) return null;
    const start = (part.offset / parts.size) * DIGEST_BYTES;
    return formatChunkId(parts.digests.subarray(start, start + DIGEST_BYTES));
  };
}
