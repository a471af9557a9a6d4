import type { UploadId } from '@valise/core/ids';
import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { completeUploads } from '../uploads/complete-uploads.ts';
import type { UploadDeps } from '../uploads/upload-deps.ts';
import { findUploads } from '../uploads/upload-store.ts';

/**
 * Completes the pending uploads that go to these keys, as their clients would. The store's own
 * answers decide, so a key that was made up changes nothing. Answers how many uploads became files.
 */
export async function finishToldUploads(
  deps: UploadDeps,
  keys: readonly string[],
): Promise<number> {
  const ids = await findPendingByKeys(deps.db, deps.storage.store.name, keys);
  if (ids.length === 0) return 0;
  const completions = await completeUploads(deps, await findUploads(deps.db, ids));
  return [...completions.values()].filter((completion) => completion.kind === 'done').length;
}

async function findPendingByKeys(
  db: Db,
  store: string,
  keys: readonly string[],
): Promise<readonly UploadId[]> {
  const { rows } = await sql<{ id: UploadId }>`
    SELECT id FROM uploads
    WHERE object_key = ANY(${keys}::text[]) AND state = 'pending' AND store = ${store}`.execute(db);
  return rows.map((row) => row.id);
}
