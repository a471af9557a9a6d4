import type { FileId, UserId } from '@valise/core/ids';
import { sql } from 'kysely';
import type { Db, Tx } from '../db/database.ts';
import type { DeletionId } from '../db/tables.ts';
import { inSlices } from './in-slices.ts';

export interface Deletion {
  readonly id: DeletionId;
  readonly fileId: FileId;
  readonly ownerId: UserId;
  readonly by: UserId;
  readonly at: Date;
}

/** Puts these rows into the trash as one act. */
export async function trashFiles(
  tx: Tx,
  deletion: Deletion,
  ids: readonly FileId[],
): Promise<void> {
  await sql`
    INSERT INTO deletions (id, owner_id, file_id, deleted_by, deleted_at)
    VALUES (${deletion.id}, ${deletion.ownerId}, ${deletion.fileId}, ${deletion.by},
      ${deletion.at})`.execute(tx);
  await inSlices(ids, async (some) => {
    await sql`
      UPDATE files SET deletion_id = ${deletion.id} WHERE id = ANY(${some}::uuid[])`.execute(tx);
  });
}

export async function untrashFiles(tx: Tx, ids: readonly FileId[]): Promise<void> {
  await inSlices(ids, async (some) => {
    await sql`UPDATE files SET deletion_id = NULL WHERE id = ANY(${some}::uuid[])`.execute(tx);
  });
}

/**
 * Deletes these trashed rows for good, with the never confirmed uploads below them. What they
 * named is left to the object collector; what an earlier act had deleted below them loses its
 * place and would come back to the root.
 */
export async function purgeFiles(tx: Tx, trashed: readonly FileId[], at: Date): Promise<void> {
  const { rows: unconfirmed } = await sql<{ id: FileId }>`
    SELECT f.id FROM files f
    WHERE f.parent_id = ANY(${trashed}::uuid[]) AND f.status = 'uploading'`.execute(tx);
  const ids = [...trashed, ...unconfirmed.map((row) => row.id)];
  await inSlices(ids, (some) => releaseContents(tx, some, at));
  // Children first: a row can go once nothing lies in it any more.
  await inSlices(ids.toReversed(), async (some) => {
    await sql`
      UPDATE files SET parent_id = NULL
      WHERE parent_id = ANY(${some}::uuid[]) AND id <> ALL(${some}::uuid[])`.execute(tx);
    await sql`DELETE FROM files WHERE id = ANY(${some}::uuid[])`.execute(tx);
  });
}

async function releaseContents(tx: Tx, ids: readonly FileId[], at: Date): Promise<void> {
  await sql`
    INSERT INTO object_releases (object_id, not_before)
    SELECT f.object_id, ${at}::timestamptz FROM files f
    WHERE f.id = ANY(${ids}::uuid[]) AND f.object_id IS NOT NULL
    UNION
    SELECT v.object_id, ${at}::timestamptz FROM file_versions v
    WHERE v.file_id = ANY(${ids}::uuid[]) AND v.object_id IS NOT NULL
    ON CONFLICT DO NOTHING`.execute(tx);
}

/** Acts of which nothing is left in the trash are forgotten. */
export async function dropEmptyActs(tx: Tx, acts: readonly DeletionId[]): Promise<void> {
  await sql`
    DELETE FROM deletions d WHERE d.id = ANY(${acts}::uuid[])
      AND NOT EXISTS (SELECT FROM files f WHERE f.deletion_id = d.id)`.execute(tx);
}

export type OldAct = Pick<Deletion, 'id' | 'ownerId' | 'fileId'>;

/** The oldest acts of deleting before this moment, `limit` at most. */
export async function findActsBefore(
  db: Db,
  moment: Date,
  limit: number,
): Promise<readonly OldAct[]> {
  const { rows } = await sql<OldAct>`
    SELECT id, owner_id AS "ownerId", file_id AS "fileId" FROM deletions
    WHERE deleted_at < ${moment} ORDER BY deleted_at LIMIT ${limit}`.execute(db);
  return rows;
}
