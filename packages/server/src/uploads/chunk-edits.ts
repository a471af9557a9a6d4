import { formatFingerprint, parseFingerprint } from '@valise/core/chunking';
import { AppError } from '@valise/core/errors';
import type { FileId } from '@valise/core/ids';
import { applyChunkEdits, validateChunkList } from '@valise/core/manifest';
import { sql } from 'kysely';
import type { Caller } from '../http/app.ts';
import { isLive, liesIn } from '../tree/file-row.ts';
import { requireParent } from '../tree/parent-folder.ts';
import { chunkList, type NewUpload } from './new-upload.ts';
import { readVersionManifest } from './object-rows.ts';
import { sha256 } from './sha256.ts';
import type { UploadDeps } from './upload-deps.ts';

/**
 * Turns `chunkEdits` into the whole list. The base is a version of the file that is to be
 * replaced, so whoever may edit that may read it. Throws `version-unknown`, `chunks-mismatch`.
 */
export async function applyEdits(
  deps: UploadDeps,
  caller: Caller,
  request: NewUpload,
): Promise<NewUpload> {
  if (request.chunks.kind !== 'edits') return request;
  const base = await readBase(deps, caller, request);
  if (base === null) {
    throw new AppError('version-unknown', 'The chunks of that version are not known. Send all.', {
      details: { field: 'baseVersion' },
    });
  }
  const records = applyChunkEdits(base, request.chunks.edits);
  const { size } = request.plan;
  const claimed = request.fingerprint === null ? null : formatFingerprint(request.fingerprint);
  const manifest = validateChunkList({ records, size, fingerprint: claimed, sha256 });
  const fingerprint = parseFingerprint(manifest.fingerprint);
  return { ...request, chunks: chunkList(manifest), fingerprint };
}

async function readBase(
  deps: UploadDeps,
  caller: Caller,
  request: NewUpload,
): Promise<Buffer | null> {
  const folder = await requireParent(deps.db, caller.userId, request.parentId);
  const { rows } = await sql<{ id: FileId }>`
    SELECT f.id FROM files f WHERE ${liesIn(folder.ownerId, folder.id)}
      AND f.name_key = ${request.nameKey} AND ${isLive}`.execute(deps.db);
  const file = rows[0];
  if (file === undefined || request.base.version === null) return null;
  return readVersionManifest(deps.db, file.id, request.base.version);
}
