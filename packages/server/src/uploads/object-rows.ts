import type { FingerprintParts } from '@valise/core/chunking';
import type { FileId, ObjectId, UploadId, UserId } from '@valise/core/ids';
import type { ContentEncoding } from '@valise/core/wire';
import { sql } from 'kysely';
import type { Db, Tx } from '../db/database.ts';
import { asBuffer } from './chunk-store.ts';
import { unnestRows } from './unnest-rows.ts';

/** What decides whether two contents are one. */
export interface ObjectRow {
  readonly id: ObjectId;
  readonly size: number;
  readonly fingerprint: Buffer | null;
  readonly recipe: string | null;
  readonly uploaderId: UserId;
}

const objectColumns = sql<ObjectRow>`
  o.id, o.size, o.fingerprint, o.recipe, o.uploader_id AS "uploaderId"`;

/**
 * This person's own live objects with these fingerprints, locked against the collector until the
 * transaction ends. Nobody learns from a hash whether a stranger has a file.
 */
export async function lockOwnContent(
  tx: Tx,
  owner: {
    readonly userId: UserId;
    readonly store: string;
    /** What readers can be given decoded now. */
    readonly decodable: readonly ContentEncoding[];
  },
  fingerprints: readonly FingerprintParts[],
): Promise<readonly ObjectRow[]> {
  if (fingerprints.length === 0) return [];
  const digests = fingerprints.map((one) => asBuffer(one.digest));
  const { rows } = await sql<ObjectRow>`
    SELECT ${objectColumns} FROM objects o
    WHERE o.uploader_id = ${owner.userId} AND o.fingerprint = ANY(${digests}::bytea[])
      AND o.state = 'live' AND o.store = ${owner.store}
      AND (o.content_encoding IS NULL OR o.content_encoding = ANY(${owner.decodable}::text[]))
    ORDER BY o.id FOR SHARE`.execute(tx);
  return rows;
}

export async function findObject(tx: Tx, id: ObjectId): Promise<ObjectRow | null> {
  const { rows } = await sql<ObjectRow>`
    SELECT ${objectColumns} FROM objects o WHERE o.id = ${id}`.execute(tx);
  return rows[0] ?? null;
}

/** An object that has just been completed, and the upload whose row describes it. */
export interface CompletedObject {
  readonly id: ObjectId;
  readonly uploadId: UploadId;
  readonly etag: string;
}

/** Objects from their uploads' rows; the manifests never pass through this process. */
export async function insertObjects(
  tx: Tx,
  objects: readonly CompletedObject[],
  at: Date,
): Promise<void> {
  if (objects.length === 0) return;
  await sql`
    INSERT INTO objects (id, store, key, size, stored_size, content_encoding, fingerprint, recipe,
      manifest, chunk_count, etag, uploader_id, created_at)
    SELECT t.id, u.store, u.object_key, u.size, u.stored_size, u.content_encoding, u.fingerprint, u.recipe, (
        SELECT string_agg(c.records, ''::bytea ORDER BY c.first)
        FROM upload_chunks c WHERE c.upload_id = u.id
      ), coalesce(u.chunk_count, 0), t.etag, u.user_id, ${at}
    FROM ${unnestRows(objects, {
      id: ['uuid', (object) => object.id],
      upload_id: ['uuid', (object) => object.uploadId],
      etag: ['text', (object) => object.etag],
    })} JOIN uploads u ON u.id = t.upload_id`.execute(tx);
}

export interface EmptyObject {
  readonly id: ObjectId;
  readonly key: string;
  readonly etag: string;
  readonly store: string;
  readonly uploaderId: UserId;
  readonly fingerprint: FingerprintParts;
}

export async function insertEmptyObject(tx: Tx, object: EmptyObject, at: Date): Promise<void> {
  await sql`
    INSERT INTO objects (id, store, key, size, fingerprint, recipe, manifest, chunk_count, etag,
      uploader_id, created_at)
    VALUES (${object.id}, ${object.store}, ${object.key}, 0, ${asBuffer(object.fingerprint.digest)},
      ${object.fingerprint.recipe}, ''::bytea, 0, ${object.etag}, ${object.uploaderId}, ${at})`.execute(
    tx,
  );
}

/**
 * The whole manifest that a file had in this version: null when the version isn't known (any more)
 * or came without chunks.
 */
export async function readVersionManifest(
  db: Db,
  fileId: FileId,
  version: number,
): Promise<Buffer | null> {
  const { rows } = await sql<{ manifest: Buffer | null }>`
    SELECT o.manifest FROM objects o WHERE o.id = (
      SELECT f.object_id FROM files f WHERE f.id = ${fileId} AND f.version = ${version}
      UNION ALL
      SELECT v.object_id FROM file_versions v
      WHERE v.file_id = ${fileId} AND v.version = ${version}
      LIMIT 1
    )`.execute(db);
  return rows[0]?.manifest ?? null;
}

/** Content that a file had until now: known as its version, looked at by the collector later. */
export async function supersede(
  tx: Tx,
  past: { readonly fileId: FileId; readonly version: number; readonly objectId: ObjectId },
): Promise<void> {
  await sql`
    INSERT INTO file_versions (file_id, version, object_id, ended_at)
    VALUES (${past.fileId}, ${past.version}, ${past.objectId}, now())
    ON CONFLICT DO NOTHING`.execute(tx);
  await sql`
    INSERT INTO object_releases (object_id, not_before)
    VALUES (${past.objectId}, now() + interval '24 hours')
    ON CONFLICT DO NOTHING`.execute(tx);
}
