import { createChunker } from '@valise/core/chunking';
import { MAX_CHUNK_BYTES, packDigests } from '@valise/core/manifest';
import type { Ambient, ContentHasher, ContentSource, IoOptions } from '../ports.ts';
import { fingerprintRecords } from './hash-bytes.ts';

/** Bytes per read. */
const STRIDE = 4 * 1_048_576;

/**
 * Hashes any source in one pass on the calling thread, in about 8 MiB of memory. Slower than a
 * platform's own threads, and right everywhere.
 */
export function createStreamHasher(ambient: Pick<Ambient, 'sha256'>): ContentHasher {
  return {
    async hash(source, { signal, onProgress } = {}) {
      const sizes: number[] = [];
      const digests: Uint8Array[] = [];
      for await (const chunk of chunksOf(source, { signal })) {
        sizes.push(chunk.length);
        digests.push(await ambient.sha256(chunk));
        onProgress?.(chunk.length);
      }
      const records = packDigests(joined(digests), sizes);
      const fingerprint = await fingerprintRecords(records, ambient);
      return { size: source.size, fingerprint, records };
    },
  };
}

/** The source's chunks, each valid until the next is asked for. */
async function* chunksOf(source: ContentSource, options: IoOptions): AsyncGenerator<Uint8Array> {
  const chunker = createChunker();
  // What lies before the first byte of `window` has been cut and given out.
  const window = new Uint8Array(MAX_CHUNK_BYTES + STRIDE);
  let start = 0;
  let held = 0;
  for (let read = 0; read < source.size || held > 0; ) {
    const stride = Math.min(STRIDE, source.size - read);
    const into = window.subarray(held, held + stride);
    const fresh = stride === 0 ? into : await source.read(read, stride, { ...options, into });
    read += stride;
    held += stride;
    const ends = stride === 0 ? chunker.finish() : chunker.push(fresh);
    const base = start;
    for (const end of ends) {
      yield window.subarray(start - base, end - base);
      held -= end - start;
      start = end;
    }
    window.copyWithin(0, start - base, start - base + held);
  }
}

function joined(digests: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(digests.length * 32);
  for (const [index, digest] of digests.entries()) all.set(digest, index * 32);
  return all;
}
