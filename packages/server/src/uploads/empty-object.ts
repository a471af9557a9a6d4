import { fingerprintOf, parseFingerprint } from '@valise/core/chunking';
import { type AppError, isAppError } from '@valise/core/errors';
import type { ObjectId, UserId } from '@valise/core/ids';
import { sql } from 'kysely';
import type { StoreRemovalId } from '../db/tables.ts';
import { batchKeys } from './object-keys.ts';
import type { EmptyObject } from './object-rows.ts';
import { sha256 } from './sha256.ts';
import { addRemovals } from './store-removals.ts';
import type { UploadDeps } from './upload-deps.ts';

/**
 * Empty files are instant: there is nothing to send. Each person has one empty object at the
 * store, so that downloads and the collector need no exception. Answers null where it exists; else
 * one that stands at the store, for the caller to write down. Its removal is written down before it
 * is made: the cleaner drops that where the object got its row, and else frees the key. A store
 * that fails is an answer, for those who need it.
 */
export async function ensureEmptyObject(
  deps: UploadDeps,
  userId: UserId,
): Promise<EmptyObject | AppError | null> {
  const fingerprint = parseFingerprint(fingerprintOf(new Uint8Array(), sha256));
  const { rows } = await sql`
    SELECT FROM objects WHERE uploader_id = ${userId} AND state = 'live' AND size = 0
      AND fingerprint = ${Buffer.from(fingerprint.digest)}
      AND store = ${deps.storage.store.name}`.execute(deps.db);
  if (rows.length > 0) return null;
  const { store } = deps.storage;
  const key = batchKeys(deps.ambient)(0);
  const removal = { objectKey: key, store: store.name, storeUploadId: null };
  await addRemovals(deps.db, [{ ...removal, id: deps.ambient.newId<StoreRemovalId>() }]);
  try {
    const { etag } = await store.createEmpty(key);
    const id = deps.ambient.newId<ObjectId>();
    return { id, key, etag, store: store.name, uploaderId: userId, fingerprint };
  } catch (error) {
    if (isAppError(error)) return error;
    throw error;
  }
}
