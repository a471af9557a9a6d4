import type { FingerprintParts } from '@valise/core/chunking';
import { AppError } from '@valise/core/errors';
import type { FileId } from '@valise/core/ids';
import { countCompared, diffChunks } from '@valise/core/manifest';
import type { ChunkEditsAnswer } from '@valise/core/wire';
import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import type { Caller } from '../http/app.ts';
import { requireVisible } from '../tree/visible-file.ts';
import { asBuffer } from '../uploads/chunk-store.ts';
import { readVersionManifest } from '../uploads/object-rows.ts';
import type { DownloadDeps } from './download-deps.ts';

/**
 * A chunk takes 3 µs and 400 bytes to compare, and the server does nothing else meanwhile: enough for
 * all of a 50 GiB file, in either version.
 */
const MAX_COMPARED = 420_000;
/** Whoever would have to be told of more new chunks takes the whole list, which is smaller. */
const MAX_INSERTED = 100_000;

/**
 * What turns the chunk list of version `since`, or of the version with this content, into today's.
 * Throws `version-unknown` when either list isn't there (any more) or they have too little in
 * common, `file-not-found`.
 */
export async function chunkEditsSince(
  { db }: DownloadDeps,
  { userId }: Caller,
  { id, since: past }: { readonly id: FileId; readonly since: number | FingerprintParts },
): Promise<ChunkEditsAnswer> {
  const { version } = (await requireVisible(db, userId, id)).row;
  const since = typeof past === 'number' ? past : await versionOf(db, id, past);
  if (since === null || since > version) throw versionUnknown(since);
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

async function versionOf(
  db: Db,
  id: FileId,
  { recipe, digest }: FingerprintParts,
): Promise<number | null> {
  const { rows } = await sql<{ version: number }>`
    SELECT p.version FROM (
      SELECT f.version, f.object_id FROM files f WHERE f.id = ${id}
      UNION ALL
      SELECT v.version, v.object_id FROM file_versions v WHERE v.file_id = ${id}
    ) p JOIN objects o ON o.id = p.object_id
    WHERE o.fingerprint = ${asBuffer(digest)} AND o.recipe = ${recipe}
    ORDER BY p.version DESC LIMIT 1`.execute(db);
  return rows[0]?.version ?? null;
}

function versionUnknown(since: number | null): AppError {
  const what = since === null ? 'that content' : `version ${since}`;
  return new AppError(
    'version-unknown',
    `There is no comparing with ${what}. Take the whole list.`,
  );
}
