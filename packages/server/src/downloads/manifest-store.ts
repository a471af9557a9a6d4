import type { ObjectId, UploadId } from '@valise/core/ids';
import { RECORD_BYTES } from '@valise/core/manifest';
import { sql } from 'kysely';
import type { Db } from '../db/database.ts';

/*
 * Manifests are stored uncompressed and out of line, so that a slice costs the slice: a whole one
 * may have 36 MB.
 */

export interface RecordRange {
  readonly from: number;
  readonly limit: number;
}

/** Up to `limit` records of an object's manifest; none where it has none. */
export async function readObjectRecords(
  db: Db,
  id: ObjectId,
  { from, limit }: RecordRange,
): Promise<Uint8Array> {
  const { rows } = await sql<{ records: Buffer | null }>`
    SELECT substring(o.manifest
      FROM ${from * RECORD_BYTES + 1}::integer FOR ${limit * RECORD_BYTES}::integer) AS records
    FROM objects o WHERE o.id = ${id}`.execute(db);
  return rows[0]?.records ?? new Uint8Array();
}

/** How long the list sent for an upload is; 0 as long as it isn't whole. */
export async function countUploadRecords(db: Db, id: UploadId): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    SELECT u.chunk_count AS count FROM uploads u
    WHERE u.id = ${id} AND u.chunk_count = (
      SELECT sum(c.count) FROM upload_chunks c WHERE c.upload_id = u.id
    )`.execute(db);
  return rows[0]?.count ?? 0;
}

/** Up to `limit` records of the list sent for an upload, which must be whole. */
export async function readUploadRange(
  db: Db,
  id: UploadId,
  { from, limit }: RecordRange,
): Promise<Uint8Array> {
  const { rows } = await sql<{ records: Buffer }>`
    SELECT substring(c.records
      FROM greatest(${from}::integer - c.first, 0) * ${RECORD_BYTES} + 1
      FOR (least(${from + limit}::integer, c.first + c.count) - greatest(${from}::integer, c.first))
        * ${RECORD_BYTES}) AS records
    FROM upload_chunks c
    WHERE c.upload_id = ${id} AND c.first < ${from + limit} AND c.first + c.count > ${from}
    ORDER BY c.first`.execute(db);
  return Buffer.concat(rows.map((row) => row.records));
}
