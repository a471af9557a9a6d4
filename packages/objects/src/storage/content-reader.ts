import type { BlobFiles } from './blob-files.ts';
import { BufferBudget } from './buffer-budget.ts';
import { BufferPool } from './buffer-pool.ts';
import type { Extent, Extents } from './extent.ts';
import type { DiskFile } from './file-io.ts';
import type { Journal } from './journal.ts';

/** One read; two buffers per running GET take turns (one on its way out, one being read). */
const READ_SIZE = 512 * 1024;
/** For all running GETs together: many of them read smaller pieces. */
const READ_BUDGET = 64 * 1024 * 1024;
const budget = new BufferBudget(READ_BUDGET / 2, READ_SIZE);
/** Of these, what is kept between two GETs. */
const pool = new BufferPool(READ_SIZE, 32);

export interface Content {
  /**
   * The bytes, once. Each buffer is good until the next one is asked for. Fails rather than ends
   * early when the disk holds fewer.
   */
  chunks(): AsyncGenerator<Buffer>;
  /** Ends the hold on the blobs. */
  close(): void;
}

interface Sources {
  readonly blobs: BlobFiles;
  readonly journal: Journal;
}

/** Holds the content at once, so that a deletion from now on doesn't disturb the reading. */
export function openContent(extents: Extents, sources: Sources): Content {
  const { blobs, journal } = sources;
  const held = extents.map(([blob]) => blob);
  const segments = new Map<string, DiskFile>();
  for (const blob of held) {
    if (isInJournal(blob)) segments.set(blob, journal.hold(segmentOf(blob)));
    else blobs.hold(blob);
  }
  budget.join();
  let open = true;
  return {
    async *chunks() {
      for (const extent of extents) {
        const file = segments.get(extent[0]);
        if (file) yield* readExtent(extent, file);
        else yield* readBlob(extent, blobs);
      }
    },
    close() {
      if (!open) return;
      open = false;
      budget.leave();
      for (const blob of held) {
        if (isInJournal(blob)) journal.release(segmentOf(blob));
        else blobs.release(blob);
      }
    },
  };
}

const isInJournal = (blob: string): boolean => blob.startsWith('j');
const segmentOf = (blob: string): number => Number(blob.slice(1));

async function* readBlob(extent: Extent, blobs: BlobFiles): AsyncGenerator<Buffer> {
  const file = await blobs.read(extent[0]);
  try {
    yield* readExtent(extent, file);
  } finally {
    await file.close();
  }
}

async function* readExtent([, start, length]: Extent, file: DiskFile): AsyncGenerator<Buffer> {
  const size = Math.min(budget.share(), length);
  const buffers = [0, size]
    .filter((at) => at < length)
    .map((at) => pool.take(Math.min(size, length - at)));
  let ahead: Promise<Buffer> | null = null;
  const readPiece = (piece: number): Promise<Buffer> => {
    const done = piece * size;
    const buffer = buffers[piece % 2]?.subarray(0, length - done) ?? Buffer.alloc(0);
    const reading = fill(file, buffer, start + done);
    // Awaited in the next turn; the consumer may stop before that.
    reading.catch(() => undefined);
    return reading;
  };
  try {
    const pieces = Math.ceil(length / size);
    for (let piece = 0; piece < pieces; piece += 1) {
      const ready: Buffer = await (ahead ?? readPiece(piece));
      ahead = piece + 1 < pieces ? readPiece(piece + 1) : null;
      yield ready;
    }
  } finally {
    await ahead?.catch(() => undefined);
    for (const buffer of buffers) pool.give(buffer);
  }
}

async function fill(file: DiskFile, buffer: Buffer, position: number): Promise<Buffer> {
  let filled = 0;
  while (filled < buffer.length) {
    const room = buffer.length - filled;
    const { bytesRead } = await file.read(buffer, filled, room, position + filled);
    if (bytesRead === 0) throw new Error('stored content is shorter than its manifest says');
    filled += bytesRead;
  }
  return buffer;
}
