import { hash } from 'node:crypto';
import type { HashedContent, IoOptions } from '@valise/client';
import { ChunkWindow, type WindowChunk } from '@valise/core/chunking';
import { fingerprintOfRecords, RecordList } from '@valise/core/manifest';

/** Bytes put into the window at once. */
const STEP = 262_144;

/** Chunks and fingerprints what comes once and has no size beforehand, such as a pipe. */
export async function hashStream(
  stream: AsyncIterable<Uint8Array>,
  { signal }: IoOptions = {},
): Promise<HashedContent> {
  const window = new ChunkWindow(STEP);
  const list = new RecordList();
  const take = (chunks: readonly WindowChunk[]) => {
    for (const { bytes } of chunks) {
      list.add(hash('sha256', bytes, 'buffer'), bytes.length);
    }
  };
  for await (const piece of stream) {
    signal?.throwIfAborted();
    for (let at = 0; at < piece.length; at += STEP) {
      const part = piece.subarray(at, at + STEP);
      window.room(part.length).set(part);
      take(window.push(part.length));
    }
  }
  take(window.finish());
  const records = list.records();
  const fingerprint = fingerprintOfRecords(records, (bytes) => hash('sha256', bytes, 'buffer'));
  return { size: window.position, fingerprint, records };
}
