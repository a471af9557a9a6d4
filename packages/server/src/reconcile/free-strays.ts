import { isProbe } from '../storage/probe-keys.ts';
import type { Stray } from './discrepancy.ts';
import { knownKeys, knownStoreUploads, releaseObjects } from './reference-store.ts';
import { isShared, type ReconcileDeps } from './survey.ts';

/**
 * Frees what nothing means, after a last look at bucket and database; answers what it freed. Rows go the
 * way of all content: the collector condemns and deletes them, a day apart. May be repeated.
 */
export async function freeStrays(
  deps: ReconcileDeps,
  strays: readonly Stray[],
): Promise<readonly Stray[]> {
  const { db, store } = deps;
  const own = (await isShared(deps)) ? [] : strays;
  const objects = own.filter((one) => one.kind === 'stray-object');
  const uploads = own.filter((one) => one.kind === 'stray-upload');
  const rows = strays.filter((one) => one.kind === 'unnamed-object');
  const [keys, ids] = [
    await knownKeys(
      db,
      objects.map(({ key }) => key),
    ),
    await knownStoreUploads(db, uploads),
  ];
  const goneObjects = objects.filter(({ key }) => isProbe(key) || !keys.has(key));
  const goneUploads = uploads.filter((one) => isProbe(one.key) || !ids.has(one.storeUploadId));
  await store.remove(goneObjects.map(({ key }) => key));
  for (const { key, storeUploadId } of goneUploads) await store.abortMultipart(key, storeUploadId);
  await releaseObjects(
    db,
    rows.map(({ id }) => id),
  );
  return [...goneObjects, ...goneUploads, ...rows];
}
