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
import { requireTarget } from './upload-target.ts';

/**
 * Turns `chunkEdits` into the whole list. The base is a version of the file that is to be
 * replaced, so whoever may edit that may read it. Throws `version-unknown`, `chunks-mismatch`,
 * and what is wrong with the file or folder.
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
  const fileId = await findEdited(deps, caller, request.to);
  if (fileId === null || request.base.version === null) return null;
  return readVersionManifest(deps.db, fileId, request.base.version);
}

async function findEdited(
  { db }: UploadDeps,
  caller: Caller,
  to: NewUpload['to'],
): Promise<FileId | null> {
  if (to.kind === 'file') return (await requireTarget(db, caller, to.fileId)).row.id;
  const folder = await requireParent(db, caller.userId, to.parentId);
  const { rows } = await sql<{ id: FileId }>`
    SELECT f.id FROM files f WHERE ${liesIn(folder.ownerId, folder.id)}
      AND f.name_key = ${to.nameKey} AND ${isLive}`.execute(db);
  return rows[0]?.id ?? null;
}
