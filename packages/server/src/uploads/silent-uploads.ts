import { isAppError } from '@valise/core/errors';
import type { UploadId } from '@valise/core/ids';
import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { cancelUpload } from './cancel-upload.ts';
import { completeUploads } from './complete-uploads.ts';
import type { UploadDeps } from './upload-deps.ts';
import { findUploads } from './upload-store.ts';

/** Uploads looked at in one go: each costs the store a question. */
const AT_ONCE = 64;

/**
 * Finishes uploads whose client fell silent after the last byte. Each look puts the next one off,
 * from a minute up to an hour, so that an abandoned upload costs little; several servers share
 * the work, since a look is claimed by putting it off. Uploads that can never become anything
 * (their target is gone) are ended. Answers how many it looked at.
 */
export async function finishSilentUploads(deps: UploadDeps): Promise<number> {
  const ids = await claimSilent(deps.db, deps.storage.store.name);
  if (ids.length === 0) return 0;
  const completions = await completeUploads(deps, await findUploads(deps.db, ids));
  for (const [id, completion] of completions) {
    const isHopeless = completion.kind === 'failed' && isAppError(completion.error, 'target-gone');
    if (isHopeless) await cancelUpload(deps, id);
  }
  return ids.length;
}

async function claimSilent(db: Db, store: string): Promise<readonly UploadId[]> {
  const { rows } = await sql<{ id: UploadId }>`
    UPDATE uploads SET check_at = now()
      + least(greatest(now() - progress_at, interval '60 seconds'), interval '1 hour')
    WHERE id IN (
      SELECT id FROM uploads
      WHERE state = 'pending' AND check_at <= now() AND expires_at > now() AND store = ${store}
      ORDER BY check_at LIMIT ${AT_ONCE} FOR UPDATE SKIP LOCKED
    )
    RETURNING id`.execute(db);
  return rows.map((row) => row.id);
}

/** Ends pending uploads that made no progress for a week, and forgets ended ones. */
export async function endExpiredUploads(deps: UploadDeps): Promise<number> {
  const { rows } = await sql<{ id: UploadId }>`
    SELECT id FROM uploads WHERE state = 'pending' AND expires_at <= now()
    ORDER BY expires_at LIMIT ${AT_ONCE}`.execute(deps.db);
  for (const { id } of rows) await cancelUpload(deps, id);
  await sql`
    DELETE FROM uploads WHERE id IN (
      SELECT id FROM uploads WHERE state <> 'pending' AND expires_at <= now()
      ORDER BY expires_at LIMIT 1000 FOR UPDATE SKIP LOCKED
    )`.execute(deps.db);
  return rows.length;
}
