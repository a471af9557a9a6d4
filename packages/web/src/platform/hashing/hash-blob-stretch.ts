import { type Chain, joinBytes } from '@valise/client/hashing';
import { ChunkWindow } from '@valise/core/chunking';
import { sha256 } from '../sha256.ts';
import { type ForwardReader, openForwardReader } from './forward-reader.ts';
import type { HashTask } from './hash-task.ts';

/** Bytes per read where no part asks for more: a read has its price in a browser. */
const SLICE = 4 * 1_048_576;
/** Bytes cut at once: they are digested while they are still in the processor's cache. */
const STEP = 1_048_576;

/** Memory is dear to come by: windows are used again. */
const idle: ChunkWindow[] = [];

export interface HashedStretch {
  readonly chain: Chain;
  /** Of the stretch's parts, packed. */
  readonly partDigests: Uint8Array;
}

/**
 * Chunks and hashes a stretch of a file. This thread reads and cuts; the digests are made by the
 * browser's own threads meanwhile, those of the parts along with those of the chunks.
 *
 * Memory: the slice at hand, the next one, and what the browser copies to digest it: four times
 * `SLICE` or six times the size of a part.
 */
export async function hashBlobStretch(
  task: HashTask,
  onProgress: (bytes: number) => void,
): Promise<HashedStretch> {
  const reader = openForwardReader(task.file, task.start);
  try {
    return await hashFrom(reader, task, onProgress);
  } finally {
    reader.close();
  }
}

async function hashFrom(
  reader: ForwardReader,
  task: HashTask,
  onProgress: (bytes: number) => void,
): Promise<HashedStretch> {
  const { start, until } = task;
  const window = idle.pop() ?? new ChunkWindow(STEP);
  window.restart(start);
  const ends: number[] = [];
  const chunkDigests: Promise<Uint8Array>[] = [];
  const partDigests: Promise<Uint8Array>[] = [];
  const read = (at: number) => reader.read(lengthAt(task, at));
  let ahead: Promise<Uint8Array> | null = null;
  let underWay: Promise<unknown> = Promise.resolve();
  while (window.position < task.size && (ends.at(-1) ?? start) < until) {
    const slice: Uint8Array = await (ahead ?? read(window.position));
    const behind = window.position + slice.length;
    // Behind `until` only the last chunk is followed to its end: that shows when it is cut.
    ahead = behind < Math.min(task.size, until) ? read(behind) : null;
    // Awaited in the next turn, unless that isn't reached.
    ahead?.catch(() => undefined);
    await underWay;
    const fresh: Promise<Uint8Array>[] = [];
    if (behind <= partsEnd(task)) fresh.push(addTo(partDigests, sha256(slice)));
    for (let at = 0; at < slice.length; at += STEP) {
      const piece = slice.subarray(at, at + STEP);
      window.room(piece.length).set(piece);
      const chunks = window.push(piece.length);
      if (window.position === task.size) chunks.push(...window.finish());
      for (const { end, bytes } of chunks) {
        ends.push(end);
        fresh.push(addTo(chunkDigests, sha256(bytes)));
      }
    }
    underWay = Promise.all(fresh);
    onProgress(slice.length);
  }
  idle.push(window);
  const digests = joinBytes(await Promise.all(chunkDigests));
  return {
    chain: { start, ends: Float64Array.from(ends), digests },
    partDigests: joinBytes(await Promise.all(partDigests)),
  };
}

/** Slices are whole parts as long as there are any. */
function lengthAt(task: HashTask, at: number): number {
  const partsLeft = partsEnd(task) - at;
  return partsLeft > 0
    ? Math.min(task.parts?.size ?? SLICE, partsLeft)
    : Math.min(SLICE, task.size - at);
}

function partsEnd({ start, parts }: HashTask): number {
  return start + (parts?.total ?? 0);
}

function addTo<T>(list: T[], item: T): T {
  list.push(item);
  return item;
}
