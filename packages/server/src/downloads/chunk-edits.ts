import { AppError } from '@valise/core/errors';
import type { FileId } from '@valise/core/ids';
import { countCompared, diffChunks } from '@valise/core/manifest';
import type { ChunkRef } from '@valise/core/wire';
import type { Caller } from '../http/app.ts';
import { requireVisible } from '../tree/visible-file.ts';
import { readVersionManifest } from '../uploads/object-rows.ts';
import type { DownloadDeps } from './download-deps.ts';

/**
 * A chunk takes 3 µs and 400 bytes to compare, and the server does nothing else meanwhile: enough for
 * all of a 50 GiB file, in either version.
 */
const MAX_COMPARED = 420_000;
/** Whoever would have to be told of more new chunks takes the whole list, which is smaller. */
const MAX_INSERTED = 100_000;

export interface ChunkEdits {
  version: number;
  chunkEdits: { at: number; remove: number; insert: ChunkRef[] }[];
}

/**
 * What turns the chunk list of version `since` into today's. Throws `version-unknown` when either
 * list isn't there (any more) or they have too little in common, `file-not-found`.
 */
export async function chunkEditsSince(
  { db }: DownloadDeps,
  { userId }: Caller,
  { id, since }: { readonly id: FileId; readonly since: number },
): Promise<ChunkEdits> {
  const { version } = (await requireVisible(db, userId, id)).row;
  if (since > version) throw versionUnknown(since);
  const after = await readVersionManifest(db, id, version);
  const before = since === version ? after : await readVersionManifest(db, id, since);
  if (before === null || after === null) throw versionUnknown(since);
  if (countCompared(before, after) > MAX_COMPARED) throw versionUnknown(since);
  const chunkEdits = before === after ? [] : diffChunks(before, after);
  const inserted = chunkEdits.reduce((sum, edit) => sum + edit.insert.length, 0);
  if (inserted > MAX_INSERTED) throw versionUnknown(since);
  return {
    version,
    chunkEdits: chunkEdits.map(({ insert, ...edit }) => ({ ...edit, insert: [...insert] })),
  };
}

function versionUnknown(since: number): AppError {
  return new AppError(
    'version-unknown',
    `There is no comparing with version ${since}. Take the whole list.`,
  );
}
