import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import type { StoreBeginningId } from '../db/tables.ts';
import type { UploadDeps } from './upload-deps.ts';

/** A key at which a multipart upload may stand that nobody remembers. */
export interface StoreBeginning {
  readonly id: StoreBeginningId;
  readonly objectKey: string;
}

/**
 * Written before a multipart upload is begun at this key: however that ends, the key will be looked
 * at. It is due when the call to the store, with all its retries, is over and the id that it brought
 * is remembered.
 */
export async function addBeginning(deps: UploadDeps, objectKey: string): Promise<void> {
  await sql`
    INSERT INTO store_beginnings (id, store, object_key, not_before)
    VALUES (${deps.ambient.newId<StoreBeginningId>()}, ${deps.storage.store.name}, ${objectKey},
      now() + interval '2 minutes')`.execute(deps.db);
}

/** Due ones, put off by five minutes so that one server works on each. */
export async function claimBeginnings(
  db: Db,
  store: string,
  limit: number,
): Promise<readonly StoreBeginning[]> {
  const { rows } = await sql<StoreBeginning>`
    UPDATE store_beginnings SET not_before = now() + interval '5 minutes'
    WHERE id IN (
      SELECT id FROM store_beginnings WHERE not_before <= now() AND store = ${store}
      ORDER BY not_before LIMIT ${limit} FOR UPDATE SKIP LOCKED
    )
    RETURNING id, object_key AS "objectKey"`.execute(db);
  return rows;
}

export async function forgetBeginnings(db: Db, ids: readonly StoreBeginningId[]): Promise<void> {
  await sql`DELETE FROM store_beginnings WHERE id = ANY(${ids}::uuid[])`.execute(db);
}

/** Which store uploads at these keys somebody remembers and may still complete. */
export async function rememberedStoreUploads(
  db: Db,
  keys: readonly string[],
): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ storeUploadId: string }>`
    SELECT store_upload_id AS "storeUploadId" FROM uploads
    WHERE object_key = ANY(${keys}::text[]) AND state = 'pending'
      AND store_upload_id IS NOT NULL
    UNION ALL
    SELECT s.store_upload_id FROM upload_stagings s JOIN uploads u ON u.id = s.upload_id
    WHERE s.object_key = ANY(${keys}::text[]) AND u.state = 'pending'
      AND s.store_upload_id IS NOT NULL`.execute(db);
  return new Set(rows.map((row) => row.storeUploadId));
}
