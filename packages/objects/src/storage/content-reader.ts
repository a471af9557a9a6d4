import type { FileHandle } from 'node:fs/promises';
import type { BlobFiles } from './blob-files.ts';
import type { Extent, Extents } from './extent.ts';
import type { Journal } from './journal.ts';

/** One read; two buffers per running GET take turns (one on its way out, one being read). */
const READ_SIZE = 512 * 1024;

export interface Content {
  /**
   * The bytes, once. Each buffer is good until the next one is asked for. Fails rather than ends
   * early when the disk holds fewer.
   */
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
  const buffers = [0, READ_SIZE]
    .filter((at) => at < length)
    .map((at) => Buffer.allocUnsafeSlow(Math.min(READ_SIZE, length - at)));
  let ahead: Promise<Buffer> | null = null;
  const readPiece = (piece: number): Promise<Buffer> => {
    const done = piece * READ_SIZE;
    const buffer = buffers[piece % 2]?.subarray(0, length - done) ?? Buffer.alloc(0);
    const reading = fill(file, buffer, start + done);
    // Awaited in the next turn; the consumer may stop before that.
    reading.catch(() => undefined);
    return reading;
  };
  try {
    const pieces = Math.ceil(length / READ_SIZE);
    for (let piece = 0; piece < pieces; piece += 1) {
      const ready: Buffer = await (ahead ?? readPiece(piece));
      ahead = piece + 1 < pieces ? readPiece(piece + 1) : null;
      yield ready;
    }
  } finally {
    await ahead?.catch(() => undefined);
    if (!inJournal) await file.close();
  }
}

async function fill(file: FileHandle, buffer: Buffer, position: number): Promise<Buffer> {
  let filled = 0;
  while (filled < buffer.length) {
    const room = buffer.length - filled;
    const { bytesRead } = await file.read(buffer, filled, room, position + filled);
    if (bytesRead === 0) throw new Error('stored content is shorter than its manifest says');
    filled += bytesRead;
  }
  return buffer;
}
