import type { FileHandle } from 'node:fs/promises';
import type { BlobFiles } from './blob-files.ts';
import type { Extent, Extents } from './extent.ts';
import type { Journal } from './journal.ts';

/** One read; two are in memory per running GET (one on its way out, one being read). */
const READ_SIZE = 512 * 1024;

export interface Content {
  /** The bytes, once. Fails rather than ends early when the disk holds fewer. */
  chunks(): AsyncGenerator<Buffer>;
  /** Ends the hold on the blobs. */
  close(): void;
}

/** Holds the blobs at once, so that a deletion from now on doesn't disturb the reading. */
export function openContent(
  extents: Extents,
  sources: { blobs: BlobFiles; journal: Journal },
): Content {
  const held = extents.map(([blob]) => blob).filter((blob) => !blob.startsWith('j'));
  for (const blob of held) sources.blobs.hold(blob);
  let open = true;
  return {
    async *chunks() {
      for (const extent of extents) yield* readExtent(extent, sources);
    },
    close() {
      if (!open) return;
      open = false;
      for (const blob of held) sources.blobs.release(blob);
    },
  };
}

async function* readExtent(
  [blob, start, length]: Extent,
  sources: { blobs: BlobFiles; journal: Journal },
): AsyncGenerator<Buffer> {
  const inJournal = blob.startsWith('j');
  const file = inJournal
    ? sources.journal.handleOf(Number(blob.slice(1)))
    : await sources.blobs.read(blob);
  let ahead: Promise<Buffer> | null = null;
  try {
    for (let done = 0; done < length; done += READ_SIZE) {
      const next = readPiece(file, start + done, Math.min(READ_SIZE, length - done));
      // Awaited in the next turn; the consumer may stop before that.
      next.catch(() => undefined);
      const ready: Promise<Buffer> | null = ahead;
      ahead = next;
      if (ready) yield await ready;
    }
    if (ahead) yield await ahead;
  } finally {
    await ahead?.catch(() => undefined);
    if (!inJournal) await file.close();
  }
}

async function readPiece(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafeSlow(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(buffer, filled, length - filled, position + filled);
    if (bytesRead === 0) throw new Error('stored content is shorter than its manifest says');
    filled += bytesRead;
  }
  return buffer;
}
