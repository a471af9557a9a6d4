import { isAppError } from '@valise/core/errors';
import type { UploadId } from '@valise/core/ids';
import { sql } from 'kysely';
import { dueNow } from '../store-removals.ts';
import type { UploadDeps } from '../upload-deps.ts';
import { findStagings } from './assembly-store.ts';

/**
 * After an upload is done nobody needs its staging objects. They go at once; where the store fails now,
 * the removals that were written before they were made are due, and the cleaner works them off.
 */
export async function removeStagings(deps: UploadDeps, id: UploadId): Promise<void> {
  const keys = (await findStagings(deps.db, id)).map(({ key }) => key);
  await sql`DELETE FROM upload_plans WHERE upload_id = ${id}`.execute(deps.db);
  if (keys.length === 0) return;
  await sql`DELETE FROM upload_stagings WHERE upload_id = ${id}`.execute(deps.db);
  await dueNow(deps.db, keys);
  try {
    await deps.storage.store.remove(keys);
  } catch (error) {
    if (!isAppError(error)) throw error;
  }
}
