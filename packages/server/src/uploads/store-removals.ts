import { sql } from 'kysely';
import type { Db, Tx } from '../db/database.ts';
import type { StoreRemovalId } from '../db/tables.ts';
import { unnestRows } from './unnest-rows.ts';

/** Bytes at the store that nothing will ever name again. */
export interface StoreRemoval {
  readonly id: StoreRemovalId;
  readonly store: string;
  readonly objectKey: string;
  readonly storeUploadId: string | null;
}

/**
 * Written in the transaction that gives the key up. URLs that were signed for it may still bring
 * bytes for a quarter of an hour: it is due when they can't any more.
 */
export async function addRemovals(
  db: Db | Tx,
  removals: readonly StoreRemoval[],
  after = sql`interval '20 minutes'`,
): Promise<void> {
  if (removals.length === 0) return;
  await sql`
    INSERT INTO store_removals (id, store, object_key, store_upload_id, not_before)
    SELECT t.*, now() + ${after} FROM ${unnestRows(removals, {
      id: ['uuid', (one) => one.id],
      store: ['text', (one) => one.store],
      object_key: ['text', (one) => one.objectKey],
      store_upload_id: ['text', (one) => one.storeUploadId],
    })}`.execute(db);
}

/** For what nobody names any more: should freeing it at once fail, it is tried again within minutes. */
export async function addRemovalsSoon(
  db: Db | Tx,
  removals: readonly StoreRemoval[],
): Promise<void> {
  await addRemovals(db, removals, sql`interval '1 minute'`);
}

/** One that is being worked off. */
export interface DueRemoval extends StoreRemoval {
  /** Bytes; null of what never became an object. */
  readonly size: number | null;
}

/** Due ones, put off by five minutes so that one server works on each. */
export async function claimRemovals(
  db: Db,
  store: string,
  limit: number,
): Promise<readonly DueRemoval[]> {
  const { rows } = await sql<DueRemoval>`
    UPDATE store_removals SET not_before = now() + interval '5 minutes'
    WHERE id IN (
      SELECT id FROM store_removals WHERE not_before <= now() AND store = ${store}
      ORDER BY not_before LIMIT ${limit} FOR UPDATE SKIP LOCKED
    )
    RETURNING id, store, object_key AS "objectKey",
      store_upload_id AS "storeUploadId", size`.execute(db);
  return rows;
}

export async function forgetRemovals(db: Db, ids: readonly StoreRemovalId[]): Promise<void> {
  await sql`DELETE FROM store_removals WHERE id = ANY(${ids}::uuid[])`.execute(db);
}

/** The last look before bytes go: keys that an object has after all. */
export async function keysInUse(db: Db, keys: readonly string[]): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ key: string }>`
    SELECT key FROM objects WHERE key = ANY(${keys}::text[])`.execute(db);
  return new Set(rows.map((row) => row.key));
}

/** What no URL can bring bytes to any more needn't be waited for. */
export async function dueNow(db: Db, keys: readonly string[]): Promise<void> {
  await sql`
    UPDATE store_removals SET not_before = now() WHERE object_key = ANY(${keys}::text[])`.execute(
    db,
  );
}
