import type { UploadId } from '@valise/core/ids';
import { sql } from 'kysely';
import { inTransaction } from '../db/database.ts';
import type { StoreRemovalId } from '../db/tables.ts';
import { addRemovals, type StoreRemoval } from './store-removals.ts';
import type { UploadDeps } from './upload-deps.ts';
import { isSingle } from './upload-row.ts';
import { dropWorkings, lockUploads } from './upload-store.ts';

/**
 * Ends a pending upload: its rows go in one transaction, and the removal of its bytes is written
 * down with it. They are freed at once if the store answers, and once more when no URL can bring
 * any. Answers whether there was something to cancel.
 */
export async function cancelUpload(deps: UploadDeps, id: UploadId): Promise<boolean> {
  const removal = await inTransaction(deps.db, async (tx): Promise<StoreRemoval | null> => {
    const [row] = await lockUploads(tx, [id]);
    if (row?.state !== 'pending') return null;
    await sql`
      UPDATE uploads SET state = 'cancelled', request_id = NULL, lease_owner = NULL,
        lease_until = NULL
      WHERE id = ${id}`.execute(tx);
    await dropWorkings(tx, [id]);
    await sql`
      DELETE FROM files WHERE id = ${row.fileId} AND status = 'uploading'
        AND NOT EXISTS (
          SELECT FROM uploads o WHERE o.file_id = files.id AND o.state = 'pending'
        )`.execute(tx);
    const one: StoreRemoval = {
      id: deps.ambient.newId<StoreRemovalId>(),
      store: row.store,
      objectKey: row.objectKey,
      storeUploadId: isSingle(row) ? null : row.storeUploadId,
    };
    await addRemovals(tx, [one]);
    return one;
  });
  if (removal === null) return false;
  if (removal.store !== deps.storage.store.name) return true;
  // The row written above will see to it if the store is away now.
  await removeFromStore(deps, removal).catch(() => undefined);
  return true;
}

export async function removeFromStore(deps: UploadDeps, removal: StoreRemoval): Promise<void> {
  const { store } = deps.storage;
  if (removal.storeUploadId !== null) {
    await store.abortMultipart(removal.objectKey, removal.storeUploadId);
  }
  await store.remove([removal.objectKey]);
}
