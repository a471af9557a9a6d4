import { parseId, type UploadId } from '@valise/core/ids';
import { manifestSize, unpackChunks } from '@valise/core/manifest';
import type { Chunk, Part, Upload } from '@valise/core/wire';
import type { Db } from '../db/database.ts';
import type { VisibleFile } from '../tree/visible-file.ts';
import {
  countUploadRecords,
  type RecordRange,
  readObjectRecords,
  readUploadRange,
} from './manifest-store.ts';

/** Where a file's chunk list is read from, slice by slice. */
export interface ChunkSource {
  readonly total: number;
  read(range: RecordRange): Promise<Uint8Array>;
  /** How the bytes of this range stand. */
  stateOf(chunk: { offset: number; size: number }): Pick<Chunk, 'status' | 'etag'>;
}

const NO_CHUNKS: ChunkSource = {
  total: 0,
  read: async () => new Uint8Array(),
  stateOf: () => ({ status: 'uploaded', etag: null }),
};

/** The confirmed content's list; before there is any, the one sent for the pending upload. */
export async function chunkSourceOf(
  db: Db,
  { object }: VisibleFile,
  pending: Upload | null,
): Promise<ChunkSource> {
  if (object !== null) {
    return {
      ...NO_CHUNKS,
      total: object.chunkCount,
      read: (range) => readObjectRecords(db, object.id, range),
    };
  }
  if (pending === null) return NO_CHUNKS;
  const { parts } = pending;
  const uploadId = parseId<UploadId>(pending.id, 'uploadId');
  return {
    total: await countUploadRecords(db, uploadId),
    read: (range) => readUploadRange(db, uploadId, range),
    stateOf: (chunk) => stateOfParts(parts, chunk),
  };
}

/** Uploaded when every part is that has some of the chunk; the first one's ETag stands for it. */
function stateOfParts(
  parts: readonly Part[],
  { offset, size }: { readonly offset: number; readonly size: number },
): Pick<Chunk, 'status' | 'etag'> {
  const first = firstPartBeyond(parts, offset);
  for (let at = first; at < parts.length; at++) {
    const part = parts[at];
    if (part === undefined || part.offset >= offset + size) break;
    if (part.status !== 'uploaded') return { status: 'not-started', etag: null };
  }
  return { status: 'uploaded', etag: parts[first]?.etag ?? null };
}

/** The place of the first part that ends after this offset; parts stand in order. */
function firstPartBeyond(parts: readonly Part[], offset: number): number {
  let low = 0;
  let high = parts.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const part = parts[middle];
    if (part !== undefined && part.offset + part.size <= offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Up to `limit` packed records from number `from` on; none beyond the end. */
export async function readRecords(source: ChunkSource, range: RecordRange): Promise<Uint8Array> {
  return range.from < source.total ? source.read(range) : new Uint8Array();
}

/** Records read at once to add up sizes: 3.6 MB. */
const BLOCK = 100_000;

/** Up to `limit` chunks from number `from` on, with their offsets in the file. */
export async function readChunks(source: ChunkSource, range: RecordRange): Promise<Chunk[]> {
  if (range.from >= source.total) return [];
  let offset = 0;
  for (let from = 0; from < range.from; from += BLOCK) {
    const limit = Math.min(BLOCK, range.from - from);
    offset += manifestSize(await source.read({ from, limit }));
  }
  return unpackChunks(await source.read(range)).map(([id, size]) => {
    const chunk = { id, offset, size, ...source.stateOf({ offset, size }) };
    offset += size;
    return chunk;
  });
}
