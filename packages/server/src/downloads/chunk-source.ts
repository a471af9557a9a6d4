import { manifestSize, unpackChunks } from '@valise/core/manifest';
import type { Chunk } from '@valise/core/wire';
import type { Db } from '../db/database.ts';
import type { VisibleFile } from '../tree/visible-file.ts';
import { hasWholeChunkList } from '../uploads/upload-row.ts';
import { type RecordRange, readObjectRecords, readUploadRange } from './manifest-store.ts';
import type { PendingUpload } from './pending-upload.ts';

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

/** The confirmed content's list; before there is any, the one of the caller's pending upload. */
export function chunkSourceOf(
  db: Db,
  { object }: VisibleFile,
  pending: PendingUpload | null,
): ChunkSource {
  if (object !== null) {
    return {
      ...NO_CHUNKS,
      total: object.chunkCount,
      read: (range) => readObjectRecords(db, object.id, range),
    };
  }
  if (pending === null || !hasWholeChunkList(pending.row)) return NO_CHUNKS;
  const { row, vouched } = pending;
  return {
    total: row.chunkCount ?? 0,
    read: (range) => readUploadRange(db, row.id, range),
    stateOf({ offset, size }) {
      const first = Math.floor(offset / row.partSize) + 1;
      const last = Math.floor((offset + size - 1) / row.partSize) + 1;
      for (let part = first; part <= last; part++) {
        if (!vouched.has(part)) return { status: 'not-started', etag: null };
      }
      return { status: 'uploaded', etag: vouched.get(first) ?? null };
    },
  };
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
