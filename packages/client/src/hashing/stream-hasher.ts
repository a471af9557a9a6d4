import { ChunkWindow } from '@valise/core/chunking';
import { packDigests } from '@valise/core/manifest';
import type { Ambient, ContentHasher } from '../ports.ts';
import { joinBytes } from '../transfer/join-bytes.ts';
import { fingerprintRecords } from './hash-bytes.ts';

/** Bytes per read. */
const STRIDE = 1_048_576;

/**
 * Hashes any source in one pass on the calling thread, in about 2 MiB of memory for each at a time.
 * Slower than a platform's own threads, and right everywhere.
 */
export function createStreamHasher(ambient: Pick<Ambient, 'sha256'>): ContentHasher {
  /** Memory is dear to come by: windows are used again. */
  const idle: ChunkWindow[] = [];
  return {
    async hash(source, { signal, onProgress } = {}) {
      const window = idle.pop() ?? new ChunkWindow(STRIDE);
      const sizes: number[] = [];
      const digests: Uint8Array[] = [];
      window.restart();
      while (window.position < source.size) {
        const { position } = window;
        const into = window.room(Math.min(STRIDE, source.size - position));
        await source.read(position, into.length, { signal, into });
        const chunks = window.push(into.length);
        if (window.position === source.size) chunks.push(...window.finish());
        for (const { bytes } of chunks) {
          sizes.push(bytes.length);
          digests.push(await ambient.sha256(bytes));
          onProgress?.(bytes.length);
        }
      }
      // Not after a failure: a read that was given up may still write into it.
      idle.push(window);
      const records = packDigests(joinBytes(digests), sizes);
      const fingerprint = await fingerprintRecords(records, ambient);
      return { size: source.size, fingerprint, records };
    },
  };
}
