import { AppError } from '@valise/core/errors';
import type { FileId, UploadId, UserId } from '@valise/core/ids';
import { type RawBuilder, sql } from 'kysely';
import type { Db, Tx } from '../db/database.ts';
import type { LeaseId } from '../db/tables.ts';
import { columnNames, type UnnestColumns, unnestRows } from './unnest-rows.ts';
import type { UploadDeps } from './upload-deps.ts';
import { type UploadRow, uploadColumns } from './upload-row.ts';

/** Days after its last progress that an upload ends. */
const LIFE = sql`interval '7 days'`;
/** A client that says nothing for so long may be dead: the sweeper looks after its bytes. */
const SILENCE = sql`interval '40 seconds'`;

export type NewUploadRow = Omit<
  UploadRow,
  'chunksReceived' | 'storeUploadId' | 'assembled' | 'state' | 'resultFileId' | 'expiresAt'
> & { readonly baseVerified: boolean };

const columns: UnnestColumns<NewUploadRow> = {
  id: ['uuid', (row) => row.id],
  request_id: ['uuid', (row) => row.requestId],
  request_hash: ['bytea', (row) => row.requestHash],
  file_id: ['uuid', (row) => row.fileId],
  owner_id: ['uuid', (row) => row.ownerId],
  user_id: ['uuid', (row) => row.userId],
  device_id: ['uuid', (row) => row.deviceId],
  parent_id: ['uuid', (row) => row.parentId],
  name: ['text', (row) => row.name],
  name_key: ['text', (row) => row.nameKey],
  size: ['bigint', (row) => row.size],
  stored_size: ['bigint', (row) => row.storedSize],
  content_encoding: ['text', (row) => row.contentEncoding],
  mime_type: ['text', (row) => row.mimeType],
  executable: ['boolean', (row) => row.executable],
  modified_at: ['timestamptz', (row) => row.modifiedAt],
  fingerprint: ['bytea', (row) => row.fingerprint],
  recipe: ['text', (row) => row.recipe],
  chunk_count: ['integer', (row) => row.chunkCount],
  base_mode: ['text', (row) => row.baseMode],
  base_version: ['integer', (row) => row.baseVersion],
  base_verified: ['boolean', (row) => row.baseVerified],
  pin: ['boolean', (row) => row.pin],
  store: ['text', (row) => row.store],
  object_key: ['text', (row) => row.objectKey],
  part_size: ['bigint', (row) => row.partSize],
  part_count: ['integer', (row) => row.partCount],
};

/** Answers when they will end. */
export async function insertUploads(tx: Tx, rows: readonly NewUploadRow[]): Promise<Date> {
  const { rows: inserted } = await uploadsInsertion(rows).execute(tx);
  return inserted[0]?.expiresAt ?? new Date(0);
}

export function uploadsInsertion(
  rows: readonly NewUploadRow[],
): RawBuilder<{ readonly expiresAt: Date }> {
  return sql`
    INSERT INTO uploads (${columnNames(columns)}, state, progress_at, check_at, expires_at,
      created_at)
    SELECT t.*, 'pending', now(), now() + ${SILENCE}, now() + ${LIFE}, now()
    FROM ${unnestRows(rows, columns)}
    RETURNING expires_at AS "expiresAt"`;
}

/** Creating uploads is serial per person: so repeats and limits are judged without races. */
export async function lockCreation(tx: Tx, userId: UserId): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended('uploads:' || ${userId}, 0))`.execute(tx);
}

export async function countPending(tx: Tx, userId: UserId): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    SELECT count(*) AS count FROM uploads
    WHERE user_id = ${userId} AND state = 'pending'`.execute(tx);
  return rows[0]?.count ?? 0;
}

/** Everyone's, at every store. */
export async function countAllPending(db: Db): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    SELECT count(*) AS count FROM uploads WHERE state = 'pending'`.execute(db);
  return rows[0]?.count ?? 0;
}

/** By id, in id order, until the transaction ends. */
export async function lockUploads(tx: Tx, ids: readonly UploadId[]): Promise<readonly UploadRow[]> {
  const { rows } = await sql<UploadRow>`
    SELECT ${uploadColumns} FROM uploads u WHERE u.id = ANY(${ids}::uuid[])
    ORDER BY u.id FOR NO KEY UPDATE OF u`.execute(tx);
  return rows;
}

export async function findUploads(db: Db | Tx, ids: readonly UploadId[]): Promise<UploadRow[]> {
  const { rows } = await sql<UploadRow>`
    SELECT ${uploadColumns} FROM uploads u WHERE u.id = ANY(${ids}::uuid[])`.execute(db);
  return rows;
}

/** This person's pending uploads of these files, newest first. */
export async function findPendingOfFiles(
  db: Db | Tx,
  userId: UserId,
  fileIds: readonly FileId[],
): Promise<UploadRow[]> {
  const { rows } = await sql<UploadRow>`
    SELECT ${uploadColumns} FROM uploads u
    WHERE u.file_id = ANY(${fileIds}::uuid[]) AND u.user_id = ${userId} AND u.state = 'pending'
    ORDER BY u.created_at DESC, u.id DESC`.execute(db);
  return rows;
}

/** The last upload of each of these files that this person has done. */
export async function findLastDone(
  db: Db | Tx,
  userId: UserId,
  fileIds: readonly FileId[],
): Promise<UploadRow[]> {
  const { rows } = await sql<UploadRow>`
    SELECT ${uploadColumns} FROM unnest(${fileIds}::uuid[]) AS wanted (id) CROSS JOIN LATERAL (
      SELECT * FROM uploads
      WHERE uploads.file_id = wanted.id AND uploads.state = 'done' AND uploads.user_id = ${userId}
      ORDER BY uploads.created_at DESC LIMIT 1
    ) u`.execute(db);
  return rows;
}

/**
 * Only the first of several that made a store upload is kept: answers the one that counts. Null where
 * the upload has ended, or is put together in another way than whoever made it believed: parts of
 * one layout must never get into another's store upload.
 */
export async function rememberStoreUpload(
  db: Db,
  { id, assembled }: Pick<UploadRow, 'id' | 'assembled'>,
  storeUploadId: string,
): Promise<string | null> {
  const { rows } = await sql<{ storeUploadId: string | null }>`
    UPDATE uploads SET store_upload_id = coalesce(store_upload_id, ${storeUploadId})
    WHERE id = ${id} AND state = 'pending' AND assembled = ${assembled}
    RETURNING store_upload_id AS "storeUploadId"`.execute(db);
  return rows[0]?.storeUploadId ?? null;
}

/** The store has lost what it held: start over with a new store upload. */
export async function forgetStoreUpload(db: Db, row: UploadRow): Promise<void> {
  await sql`
    UPDATE uploads SET store_upload_id = NULL
    WHERE id = ${row.id} AND store_upload_id = ${row.storeUploadId}`.execute(db);
}

export async function extendLife(db: Db, id: UploadId): Promise<void> {
  await sql`
    UPDATE uploads SET progress_at = now(), check_at = now() + ${SILENCE},
      expires_at = now() + ${LIFE}
    WHERE id = ${id} AND state = 'pending'`.execute(db);
}

/** Longer than any URL that was given out then can be used. */
const URL_LIFE_MS = 20 * 60_000;
const LIFE_MS = 7 * 24 * 3600_000;

/**
 * Fresh URLs for an upload that was silent for so long that the sweeper hardly looks any more: its
 * bytes may come now.
 */
export async function expectBytes(
  { db, ambient }: Pick<UploadDeps, 'db' | 'ambient'>,
  { id, expiresAt }: Pick<UploadRow, 'id' | 'expiresAt'>,
): Promise<void> {
  const progressAt = expiresAt.getTime() - LIFE_MS;
  if (ambient.now().getTime() - progressAt < URL_LIFE_MS) return;
  await sql`
    UPDATE uploads SET check_at = now() + ${SILENCE}
    WHERE id = ${id} AND state = 'pending' AND check_at > now() + ${SILENCE}`.execute(db);
}

/**
 * Takes the right to assemble an upload for a while; by the database's clock, so that servers
 * needn't agree on theirs. Losing a lease does no harm: every step after it may be done twice. That
 * is why it is short: after a crash somebody waits for its end.
 */
export async function takeLease(db: Db, id: UploadId, owner: LeaseId): Promise<boolean> {
  const { rows } = await sql`
    UPDATE uploads SET lease_owner = ${owner}, lease_until = now() + interval '20 seconds'
    WHERE id = ${id} AND state = 'pending' AND (lease_until IS NULL OR lease_until < now())
    RETURNING id`.execute(db);
  return rows.length > 0;
}

/** A quarter of a lease. */
const LEASE_BEAT_MILLISECONDS = 5_000;

/** Keeps a lease while long work goes on; answers what ends that. */
export function keepLease(db: Db, id: UploadId, owner: LeaseId): () => void {
  const beat = setInterval(() => {
    // One beat that fails is made up for by the next; losing the lease does no harm.
    sql`
      UPDATE uploads SET lease_until = now() + interval '20 seconds'
      WHERE id = ${id} AND state = 'pending' AND lease_owner = ${owner}`
      .execute(db)
      .catch(() => undefined);
  }, LEASE_BEAT_MILLISECONDS);
  beat.unref();
  return () => clearInterval(beat);
}

/** Whoever holds them: an upload that could not be completed may be tried again at once. */
export async function dropLeases(db: Db, ids: readonly UploadId[]): Promise<void> {
  if (ids.length === 0) return;
  await sql`
    UPDATE uploads SET lease_owner = NULL, lease_until = NULL
    WHERE id = ANY(${ids}::uuid[]) AND state = 'pending' AND lease_owner IS NOT NULL`.execute(db);
}

export interface UploadResult {
  readonly id: UploadId;
  readonly fileId: FileId;
}

/** Kept for a week, so that a repeated call gets the same answer. */
export async function markDone(tx: Tx, results: readonly UploadResult[]): Promise<void> {
  const ids = results.map((one) => one.id);
  await sql`
    WITH ${workingsDropped(ids)}
    UPDATE uploads SET state = 'done', result_file_id = t.file_id, lease_owner = NULL,
      lease_until = NULL, expires_at = now() + ${LIFE}
    FROM ${unnestRows(results, {
      id: ['uuid', (one) => one.id],
      file_id: ['uuid', (one) => one.fileId],
    })}
    WHERE uploads.id = t.id`.execute(tx);
}

/** What only a pending upload needs. */
export async function dropWorkings(tx: Tx, ids: readonly UploadId[]): Promise<void> {
  await sql`WITH ${workingsDropped(ids)} SELECT`.execute(tx);
}

/** Parts of a WITH; they are carried out though nobody reads them. */
function workingsDropped(ids: readonly UploadId[]): RawBuilder<unknown> {
  return sql`
    chunks AS (DELETE FROM upload_chunks WHERE upload_id = ANY(${ids}::uuid[])),
    parts AS (DELETE FROM upload_parts WHERE upload_id = ANY(${ids}::uuid[])),
    sources AS (DELETE FROM upload_sources WHERE upload_id = ANY(${ids}::uuid[]))`;
}

export function uploadNotFound(): AppError {
  return new AppError('upload-not-found', 'There is no such upload (any more).');
}
