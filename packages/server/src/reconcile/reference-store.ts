import type { FileId, ObjectId } from '@valise/core/ids';
import { sql } from 'kysely';
import type { Db } from '../db/database.ts';

/** An object as the database knows it. */
export interface ObjectRecord {
  readonly id: ObjectId;
  readonly key: string;
  readonly size: number;
  readonly createdAt: Date;
  /** Whether a file, a version, an upload or the collector will ever come back to it. */
  readonly isNamed: boolean;
}

const PAGE = 1_000;

/** Live objects of this store by key, page after page. */
export async function* objectRecords(db: Db, store: string): AsyncGenerator<ObjectRecord> {
  let after = '';
  for (;;) {
    const { rows } = await sql<ObjectRecord>`
      SELECT o.id, o.key, coalesce(o.stored_size, o.size) AS size, o.created_at AS "createdAt", (
        EXISTS (SELECT FROM files f WHERE f.object_id = o.id)
        OR EXISTS (SELECT FROM file_versions v WHERE v.object_id = o.id)
        OR EXISTS (SELECT FROM upload_sources s WHERE s.object_id = o.id)
        OR EXISTS (SELECT FROM object_releases r WHERE r.object_id = o.id)
      ) AS "isNamed"
      FROM objects o WHERE o.key > ${after} AND o.store = ${store} AND o.state = 'live'
      ORDER BY o.key LIMIT ${PAGE}`.execute(db);
    yield* rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE) return;
    after = last.key;
  }
}

/**
 * Which of these keys mean something to the database, in one look: an object, of whatever store and
 * state, a pending upload, a staging object of one, or a removal that is still to be done. A key
 * is written down before anything can stand at it, and passes from one to the next within
 * transactions: one that means nothing never will again.
 */
export async function knownKeys(db: Db, keys: readonly string[]): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ key: string }>`
    SELECT k.key FROM unnest(${keys}::text[]) AS k (key) WHERE
      EXISTS (SELECT FROM objects o WHERE o.key = k.key)
      OR EXISTS (SELECT FROM uploads u WHERE u.object_key = k.key AND u.state = 'pending')
      OR EXISTS (SELECT FROM upload_stagings s WHERE s.object_key = k.key)
      OR EXISTS (SELECT FROM store_removals r WHERE r.object_key = k.key)`.execute(db);
  return new Set(rows.map(({ key }) => key));
}

/** The same for multipart uploads, which are also begun before their id is known. */
export async function knownStoreUploads(
  db: Db,
  uploads: readonly { readonly key: string; readonly storeUploadId: string }[],
): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ id: string }>`
    SELECT k.id FROM unnest(
      ${uploads.map(({ key }) => key)}::text[], ${uploads.map(({ storeUploadId }) => storeUploadId)}::text[]
    ) AS k (key, id) WHERE
      EXISTS (SELECT FROM uploads u WHERE u.object_key = k.key AND u.state = 'pending'
        AND u.store_upload_id = k.id)
      OR EXISTS (SELECT FROM upload_stagings s WHERE s.object_key = k.key
        AND s.store_upload_id = k.id)
      OR EXISTS (SELECT FROM store_removals r WHERE r.object_key = k.key)
      OR EXISTS (SELECT FROM store_beginnings b WHERE b.object_key = k.key)`.execute(db);
  return new Set(rows.map(({ id }) => id));
}

/** What is lost when an object's content is: files now, none when its row has gone meanwhile. */
export interface Loss {
  readonly fileIds: readonly FileId[];
}

const MOST_NAMED = 100;

/** Null when no live row has this key (any more). */
export async function lossAt(db: Db, key: string): Promise<Loss | null> {
  const { rows } = await sql<Loss>`
    SELECT coalesce((
      SELECT json_agg(f.id) FROM (
        SELECT id FROM files WHERE object_id = o.id ORDER BY id LIMIT ${MOST_NAMED}
      ) f
    ), '[]'::json) AS "fileIds"
    FROM objects o WHERE o.key = ${key} AND o.state = 'live'`.execute(db);
  return rows[0] ?? null;
}

/** Hands rows that nothing names to the collector, which looks again under their locks. */
export async function releaseObjects(db: Db, ids: readonly ObjectId[]): Promise<void> {
  await sql`
    INSERT INTO object_releases (object_id, not_before)
    SELECT o.id, now() FROM objects o WHERE o.id = ANY(${ids}::uuid[])
    ON CONFLICT DO NOTHING`.execute(db);
}
