import { fingerprintOf, parseFingerprint } from '@valise/core/chunking';
import type { ObjectId, UserId } from '@valise/core/ids';
import { sql } from 'kysely';
import { batchKeys } from './object-keys.ts';
import type { EmptyObject } from './object-rows.ts';
import { sha256 } from './sha256.ts';
import type { UploadDeps } from './upload-deps.ts';

/**
 * Empty files are instant: there is nothing to send. Each person has one empty object at the
 * store, so that downloads and the collector need no exception. Answers null where it exists; else
 * one that stands at the store, for the caller to write down. (If that fails or races, an object of
 * no bytes stays behind.)
 */
export async function ensureEmptyObject(
  deps: UploadDeps,
  userId: UserId,
): Promise<EmptyObject | null> {
  const fingerprint = parseFingerprint(fingerprintOf(new Uint8Array(), sha256));
  const { rows } = await sql`
    SELECT FROM objects WHERE uploader_id = ${userId} AND state = 'live' AND size = 0
      AND fingerprint = ${Buffer.from(fingerprint.digest)}
      AND store = ${deps.storage.store.name}`.execute(deps.db);
  if (rows.length > 0) return null;
  const { key, etag } = await deps.storage.store.createEmpty(batchKeys(deps.ambient)(0));
  const id = deps.ambient.newId<ObjectId>();
  return { id, key, etag, store: deps.storage.store.name, uploaderId: userId, fingerprint };
}
