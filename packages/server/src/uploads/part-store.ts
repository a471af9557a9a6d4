import type { UploadId } from '@valise/core/ids';
import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import type { StoredPart } from '../storage/object-store.ts';
import { unnestRows } from './unnest-rows.ts';

/** ETags by part number: what the store has vouched for. */
export type VouchedParts = ReadonlyMap<number, string>;

export async function readParts(db: Db, id: UploadId): Promise<VouchedParts> {
  const { rows } = await sql<VouchedPart>`
    SELECT part_number AS "partNumber", etag FROM upload_parts
    WHERE upload_id = ${id}`.execute(db);
  return byNumber(rows);
}

/** Of these parts alone: whoever asks part by part isn't to read all of them each time. */
export async function readSomeParts(
  db: Db,
  id: UploadId,
  numbers: readonly number[],
): Promise<VouchedParts> {
  const { rows } = await sql<VouchedPart>`
    SELECT part_number AS "partNumber", etag FROM upload_parts
    WHERE upload_id = ${id} AND part_number = ANY(${numbers}::integer[])`.execute(db);
  return byNumber(rows);
}

type VouchedPart = Pick<StoredPart, 'partNumber' | 'etag'>;

function byNumber(parts: readonly VouchedPart[]): VouchedParts {
  return new Map(parts.map(({ partNumber, etag }) => [partNumber, etag]));
}

/** Answers how many of them are news. Nothing is written once the upload has ended. */
export async function addParts(
  db: Db,
  id: UploadId,
  parts: readonly Pick<StoredPart, 'partNumber' | 'etag'>[],
): Promise<number> {
  if (parts.length === 0) return 0;
  const { rows } = await sql`
    INSERT INTO upload_parts (upload_id, part_number, etag)
    SELECT u.id, t.part_number, t.etag FROM uploads u, ${unnestRows(parts, {
      part_number: ['integer', (part) => part.partNumber],
      etag: ['text', (part) => part.etag],
    })}
    WHERE u.id = ${id} AND u.state = 'pending'
    ON CONFLICT (upload_id, part_number) DO UPDATE SET etag = excluded.etag
      WHERE upload_parts.etag <> excluded.etag
    RETURNING part_number`.execute(db);
  return rows.length;
}

/** Parts of the store's list that are gone there are gone here. */
export async function keepOnlyParts(
  db: Db,
  id: UploadId,
  numbers: readonly number[],
): Promise<void> {
  await sql`
    DELETE FROM upload_parts
    WHERE upload_id = ${id} AND NOT part_number = ANY(${numbers}::integer[])`.execute(db);
}
