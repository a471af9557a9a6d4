import { isAppError } from '@valise/core/errors';
import { mapBounded } from './bounded.ts';
import {
  claimBeginnings,
  forgetBeginnings,
  rememberedStoreUploads,
  type StoreBeginning,
} from './store-beginnings.ts';
import { SWEEP_BATCH } from './sweep-batch.ts';
import type { UploadDeps } from './upload-deps.ts';

const STORE_CALLS = 4;

/**
 * Ends multipart uploads whose id nobody came to remember: the server died between beginning one
 * and noting it, or the store's answer was lost and it was begun twice. No URL was ever signed for
 * them. A key at which the store fails comes up again in five minutes. Answers how many it looked at.
 */
export async function endStrayUploads(deps: UploadDeps): Promise<number> {
  const due = await claimBeginnings(deps.db, deps.storage.store.name, SWEEP_BATCH);
  if (due.length === 0) return 0;
  const settled: StoreBeginning[] = [];
  await mapBounded(due, STORE_CALLS, async (beginning) => {
    if (await endStrays(deps, beginning.objectKey)) settled.push(beginning);
  });
  await forgetBeginnings(
    deps.db,
    settled.map((beginning) => beginning.id),
  );
  return due.length;
}

async function endStrays(deps: UploadDeps, key: string): Promise<boolean> {
  const { store } = deps.storage;
  try {
    const begun = await store.listMultiparts(key);
    // Asked after the listing: what is remembered by then is not a stray.
    const remembered = begun.length > 0 ? await rememberedStoreUploads(deps.db, [key]) : new Set();
    for (const id of begun) if (!remembered.has(id)) await store.abortMultipart(key, id);
    return true;
  } catch (error) {
    if (isAppError(error)) return false;
    throw error;
  }
}
