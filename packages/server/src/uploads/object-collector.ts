import type { ObjectId } from '@valise/core/ids';
import { sql } from 'kysely';
import { type Db, inTransaction, type Tx } from '../db/database.ts';
import type { StoreRemovalId } from '../db/tables.ts';
import { SWEEP_BATCH } from './sweep-batch.ts';
import type { UploadDeps } from './upload-deps.ts';

/**
 * The only deleter of content, in two phases a day apart. An object that may have lost its last
 * name is condemned under its row lock if really nothing names it; from then on it can't be linked
 * (linking takes live rows only, `FOR SHARE`). After 24 hours its row becomes a removal at the
 * store. Answers how many objects it moved on.
 */
export async function collectObjects(deps: UploadDeps): Promise<number> {
  await forgetOldVersions(deps.db);
  const condemned = await inTransaction(deps.db, condemnDue);
  const buried = await inTransaction(deps.db, (tx) => buryCondemned(tx, deps));
  return condemned + buried;
}

/** What `?since=` and edits against a base are read from: a day is promised. */
async function forgetOldVersions(db: Db): Promise<void> {
  await sql`DELETE FROM file_versions WHERE ended_at < now() - interval '24 hours'`.execute(db);
}

async function condemnDue(tx: Tx): Promise<number> {
  const { rows: due } = await sql<{ objectId: ObjectId }>`
    SELECT object_id AS "objectId" FROM object_releases WHERE not_before <= now()
    ORDER BY not_before LIMIT ${SWEEP_BATCH} FOR UPDATE SKIP LOCKED`.execute(tx);
  if (due.length === 0) return 0;
  const ids = [...new Set(due.map((row) => row.objectId))].sort();
  await sql`
    SELECT FROM objects WHERE id = ANY(${ids}::uuid[]) ORDER BY id FOR UPDATE`.execute(tx);
  // A statement of its own: it sees whoever linked an object while we waited for its lock.
  await sql`
    UPDATE objects o SET state = 'condemned', condemned_at = now()
    WHERE o.id = ANY(${ids}::uuid[]) AND o.state = 'live'
      AND NOT EXISTS (SELECT FROM files f WHERE f.object_id = o.id)
      AND NOT EXISTS (SELECT FROM file_versions v WHERE v.object_id = o.id)
      AND NOT EXISTS (SELECT FROM upload_sources s WHERE s.object_id = o.id)`.execute(tx);
  await sql`
    DELETE FROM object_releases
    WHERE object_id = ANY(${ids}::uuid[]) AND not_before <= now()`.execute(tx);
  // Those that only an old version or an upload names are looked at again when these are gone.
  // (What a file names is released again by whatever ends that.)
  await sql`
    INSERT INTO object_releases (object_id, not_before)
    SELECT o.id, now() + interval '1 hour' FROM objects o
    WHERE o.id = ANY(${ids}::uuid[]) AND o.state = 'live'
      AND NOT EXISTS (SELECT FROM files f WHERE f.object_id = o.id)
    ON CONFLICT DO NOTHING`.execute(tx);
  return ids.length;
}

async function buryCondemned(tx: Tx, deps: UploadDeps): Promise<number> {
  const { rows } = await sql<{ id: ObjectId; store: string; key: string; size: number }>`
    SELECT id, store, key, size FROM objects
    WHERE state = 'condemned' AND condemned_at < now() - interval '24 hours'
    ORDER BY condemned_at LIMIT ${SWEEP_BATCH} FOR UPDATE SKIP LOCKED`.execute(tx);
  for (const { id, store, key, size } of rows) {
    await sql`DELETE FROM objects WHERE id = ${id}`.execute(tx);
    await sql`
      INSERT INTO store_removals (id, store, object_key, size, not_before)
      VALUES (${deps.ambient.newId<StoreRemovalId>()}, ${store}, ${key}, ${size}, now())`.execute(
      tx,
    );
  }
  return rows.length;
}
