import type { UploadId } from '@valise/core/ids';
import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { cancelUpload } from './cancel-upload.ts';
import { completeUploads } from './complete-uploads.ts';
import { SWEEP_BATCH } from './sweep-batch.ts';
import type { UploadDeps } from './upload-deps.ts';
import { findUploads } from './upload-store.ts';

/**
 * Finishes uploads whose client fell silent after the last byte. While its URLs can be used there is
 * a look every 40 seconds, so that within a minute of the last byte it is done; then each look puts
 * the next one off, up to an hour, so that an abandoned upload costs little. Several servers share the
 * work, since a look is claimed by putting it off. Uploads that can never become anything
 * (their file is gone for good) are ended, sent or not. Answers how many it looked at.
 */
export async function finishSilentUploads(deps: UploadDeps): Promise<number> {
  const ids = await claimSilent(deps.db, deps.storage.store.name);
  if (ids.length === 0) return 0;
  for (const id of await findHopeless(deps.db, ids)) await cancelUpload(deps, id);
  await completeUploads(deps, await findUploads(deps.db, ids));
  return ids.length;
}

async function findHopeless(db: Db, ids: readonly UploadId[]): Promise<readonly UploadId[]> {
  const { rows } = await sql<{ id: UploadId }>`
    SELECT u.id FROM uploads u WHERE u.id = ANY(${ids}::uuid[]) AND u.state = 'pending'
      AND NOT EXISTS (SELECT FROM files f WHERE f.id = u.file_id)`.execute(db);
  return rows.map((row) => row.id);
}

async function claimSilent(db: Db, store: string): Promise<readonly UploadId[]> {
  const { rows } = await sql<{ id: UploadId }>`
    UPDATE uploads SET check_at = now() + CASE
      WHEN now() - progress_at < interval '20 minutes' THEN interval '40 seconds'
      ELSE least(now() - progress_at, interval '1 hour') END
    WHERE id IN (
      SELECT id FROM uploads
      WHERE state = 'pending' AND check_at <= now() AND expires_at > now() AND store = ${store}
      ORDER BY check_at LIMIT ${SWEEP_BATCH} FOR UPDATE SKIP LOCKED
    )
    RETURNING id`.execute(db);
  return rows.map((row) => row.id);
}

/** Ends pending uploads that made no progress for a week, and forgets ended ones. */
export async function endExpiredUploads(deps: UploadDeps): Promise<number> {
  const { rows } = await sql<{ id: UploadId }>`
    SELECT id FROM uploads WHERE state = 'pending' AND expires_at <= now()
    ORDER BY expires_at LIMIT ${SWEEP_BATCH}`.execute(deps.db);
  for (const { id } of rows) await cancelUpload(deps, id);
  await sql`
    DELETE FROM uploads WHERE id IN (
      SELECT id FROM uploads WHERE state <> 'pending' AND expires_at <= now()
      ORDER BY expires_at LIMIT 1000 FOR UPDATE SKIP LOCKED
    )`.execute(deps.db);
  return rows.length;
}
