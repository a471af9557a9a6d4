import { type AppError, isAppError } from '@valise/core/errors';
import type { UploadId } from '@valise/core/ids';
import type { StoredObject } from '../storage/object-store.ts';
import { mapBounded } from './bounded.ts';
import { batchPrefix } from './object-keys.ts';
import { askStore, partsMissing } from './store-progress.ts';
import type { UploadDeps } from './upload-deps.ts';
import { objectSize, type UploadRow } from './upload-row.ts';

const STORE_CALLS = 8;

/** From so many uploads of one batch on, one listing is cheaper than asking for each. */
const WORTH_LISTING = 3;

/**
 * The ETags of single-PUT uploads whose object stands at the store with the planned size, and the
 * error of each where it doesn't. What was created as one batch is verified by one listing.
 */
export async function verifySingles(
  deps: UploadDeps,
  rows: readonly UploadRow[],
): Promise<ReadonlyMap<UploadId, string | AppError>> {
  const found = new Map<UploadId, string | AppError>();
  const batches = [...Map.groupBy(rows, (row) => batchPrefix(row.objectKey))];
  const askedAlone: UploadRow[] = [];
  await mapBounded(batches, STORE_CALLS, async ([prefix, batch]) => {
    if (batch.length < WORTH_LISTING || !deps.storage.store.provesByListing) {
      askedAlone.push(...batch);
      return;
    }
    const objects = await listObjects(deps, prefix);
    for (const row of batch) {
      if (isAppError(objects)) {
        found.set(row.id, objects);
        continue;
      }
      const object = objects.get(row.objectKey);
      if (object?.size === objectSize(row)) found.set(row.id, object.etag);
      else askedAlone.push(row);
    }
  });
  await mapBounded(askedAlone, STORE_CALLS, async (row) => {
    found.set(row.id, await verifyOne(deps, row));
  });
  return found;
}

async function listObjects(
  deps: UploadDeps,
  prefix: string,
): Promise<ReadonlyMap<string, StoredObject> | AppError> {
  try {
    const listed = await deps.storage.store.list(prefix);
    return new Map(listed.map((object) => [object.key, object]));
  } catch (error) {
    if (isAppError(error)) return error;
    throw error;
  }
}

async function verifyOne(deps: UploadDeps, row: UploadRow): Promise<string | AppError> {
  try {
    const state = await askStore(deps, row);
    return state.kind === 'object' ? state.etag : partsMissing([1]);
  } catch (error) {
    if (isAppError(error)) return error;
    throw error;
  }
}
