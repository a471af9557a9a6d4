import type { UploadId } from '@valise/core/ids';
import { sql } from 'kysely';
import { inTransaction } from '../db/database.ts';
import type { StoreRemovalId } from '../db/tables.ts';
import { findStagings } from './assembly/assembly-store.ts';
import { mapBounded } from './bounded.ts';
import { addRemovals, addRemovalsSoon, type StoreRemoval } from './store-removals.ts';
import type { UploadDeps } from './upload-deps.ts';
import { isSingle } from './upload-row.ts';
import { dropWorkings, lockUploads } from './upload-store.ts';

/** Calls to the store at once: a plan may have hundreds of staging objects. */
const STORE_CALLS = 8;

/**
 * Ends a pending upload: its rows go in one transaction, and the removal of its bytes is written
 * down with it. They are freed at once if the store answers, again within minutes in case it did
 * not, and once more when no URL can bring any. Answers whether there was something to cancel.
 */
export async function cancelUpload(deps: UploadDeps, id: UploadId): Promise<boolean> {
  const removals = await inTransaction(deps.db, async (tx): Promise<readonly StoreRemoval[]> => {
    const [row] = await lockUploads(tx, [id]);
    if (row?.state !== 'pending') return [];
    const stagings = row.assembled ? await findStagings(tx, id) : [];
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
    const places = [
      { key: row.objectKey, storeUploadId: isSingle(row) ? null : row.storeUploadId },
      ...stagings,
    ];
    const all = places.map(({ key, storeUploadId }): StoreRemoval => {
      const removalId = deps.ambient.newId<StoreRemovalId>();
      return { id: removalId, store: row.store, objectKey: key, storeUploadId };
    });
    await addRemovals(tx, all);
    const newId = () => deps.ambient.newId<StoreRemovalId>();
    await addRemovalsSoon(
      tx,
      all.map((one) => ({ ...one, id: newId() })),
    );
    return all;
  });
  const here = removals.filter(({ store }) => store === deps.storage.store.name);
  // The rows written above will see to it if the store is away now.
  await mapBounded(here, STORE_CALLS, (one) => removeFromStore(deps, one)).catch(() => undefined);
  return removals.length > 0;
}

export async function removeFromStore(deps: UploadDeps, removal: StoreRemoval): Promise<void> {
  const { store } = deps.storage;
  if (removal.storeUploadId !== null) {
    await store.abortMultipart(removal.objectKey, removal.storeUploadId);
  }
  await store.remove([removal.objectKey]);
}
