import { stagingsInUse } from './assembly/assembly-store.ts';
import { mapBounded } from './bounded.ts';
import { removeFromStore } from './cancel-upload.ts';
import { claimRemovals, type DueRemoval, forgetRemovals, keysInUse } from './store-removals.ts';
import { SWEEP_BATCH } from './sweep-batch.ts';
import type { UploadDeps } from './upload-deps.ts';

const STORE_CALLS = 4;

/** Whoever keeps copies hears of objects only when these are gone: nothing can bring them back. */
async function purgeCopies(
  { storage }: UploadDeps,
  removals: readonly DueRemoval[],
): Promise<void> {
  const objects = removals.flatMap(({ objectKey, size }) =>
    size === null ? [] : [{ key: objectKey, size }],
  );
  if (objects.length > 0) await storage.purger?.purge(objects);
}

/** Works off what is to go from the store. A failed one comes up again in five minutes. */
export async function cleanStore(deps: UploadDeps): Promise<number> {
  const claimed = await claimRemovals(deps.db, deps.storage.store.name, SWEEP_BATCH);
  const keys = claimed.map((removal) => removal.objectKey);
  // Those of pending uploads come up again until these have ended.
  const needed = await stagingsInUse(deps.db, keys);
  const due = claimed.filter((removal) => !needed.has(removal.objectKey));
  const inUse = await keysInUse(deps.db, keys);
  const unused = due.filter((removal) => !inUse.has(removal.objectKey));
  const aborts = unused.filter((removal) => removal.storeUploadId !== null);
  await mapBounded(aborts, STORE_CALLS, (removal) => removeFromStore(deps, removal));
  const plain = unused.filter((removal) => removal.storeUploadId === null);
  await deps.storage.store.remove(plain.map((removal) => removal.objectKey));
  await purgeCopies(deps, plain);
  await forgetRemovals(
    deps.db,
    due.map((removal) => removal.id),
  );
  return claimed.length;
}
