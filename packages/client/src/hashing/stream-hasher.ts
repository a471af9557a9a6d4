import { ChunkWindow } from '@valise/core/chunking';
import { RecordList } from '@valise/core/manifest';
import type { Ambient, ContentHasher } from '../ports.ts';
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
      const list = new RecordList();
      window.restart();
      while (window.position < source.size) {
        const { position } = window;
        const into = window.room(Math.min(STRIDE, source.size - position));
        await source.read(position, into.length, { signal, into });
        const chunks = window.push(into.length);
        if (window.position === source.size) chunks.push(...window.finish());
        for (const { bytes } of chunks) {
          list.add(await ambient.sha256(bytes), bytes.length);
          onProgress?.(bytes.length);
        }
      }
      // Not after a failure: a read that was given up may still write into it.
      idle.push(window);
      const records = list.records();
      const fingerprint = await fingerprintRecords(records, ambient);
      return { size: source.size, fingerprint, records };
    },
  };
}
