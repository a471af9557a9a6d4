import type { FileId, UserId } from '@valise/core/ids';
import { sql } from 'kysely';
import type { Db, Tx } from '../db/database.ts';
import type { FanoutId, GrantId } from '../db/tables.ts';

/** Where a job has got to with one file or folder; null is nowhere. */
export interface FanoutItem {
  readonly fileId: FileId;
  readonly after: string | null;
}

export interface Fanout {
  readonly id: FanoutId;
  readonly ownerId: UserId;
  /** Whose rows, of everything below the items; null: everyone's, of the items alone. */
  readonly users: readonly UserId[] | null;
  /** Distrusted until the job is done. */
  readonly settles: readonly GrantId[];
}

export type NewFanout = Omit<Fanout, 'id'> & {
  readonly items: readonly FanoutItem[];
  readonly at: Date;
};

/** Leaves work to the jobs, from this transaction's commit on. */
export async function addFanout(tx: Tx, job: NewFanout): Promise<void> {
  const { ownerId, users, settles, items, at } = job;
  await sql`
    WITH job AS (
      INSERT INTO fanouts (id, owner_id, users, settles, turn, created_at)
      VALUES (gen_random_uuid(), ${ownerId}, ${users}::uuid[], ${settles}::uuid[], ${at}, ${at})
      RETURNING id
    ), unsettled AS (
      UPDATE grants SET unsettled = unsettled + 1 WHERE id = ANY(${settles}::uuid[])
    )
    INSERT INTO fanout_items (fanout_id, file_id, after)
    SELECT job.id, t.file_id, t.after
    FROM job, unnest(${items.map((item) => item.fileId)}::uuid[],
      ${items.map((item) => item.after)}::uuid[]) AS t (file_id, after)`.execute(tx);
}

/**
 * The job whose turn it is, locked until the transaction ends: nobody else works on it, and if we
 * die it is free again. Null when there is none, or others have them all in hand.
 */
export async function takeFanout(tx: Tx): Promise<Fanout | null> {
  const { rows } = await sql<Fanout>`
    SELECT id, owner_id AS "ownerId", users, settles FROM fanouts
    ORDER BY turn LIMIT 1 FOR UPDATE SKIP LOCKED`.execute(tx);
  return rows[0] ?? null;
}

/** What a job has left to do, `limit` at most. */
export async function readItems(
  tx: Tx,
  id: FanoutId,
  limit: number,
): Promise<readonly FanoutItem[]> {
  const { rows } = await sql<FanoutItem>`
    SELECT file_id AS "fileId", after FROM fanout_items WHERE fanout_id = ${id}
    ORDER BY file_id LIMIT ${limit}`.execute(tx);
  return rows;
}

/** Notes how far items got, those that are new among them, and drops what is done. */
export async function saveItems(
  tx: Tx,
  id: FanoutId,
  { kept, done }: { readonly kept: readonly FanoutItem[]; readonly done: readonly FileId[] },
): Promise<void> {
  if (done.length > 0) {
    await sql`
      DELETE FROM fanout_items
      WHERE fanout_id = ${id} AND file_id = ANY(${done}::uuid[])`.execute(tx);
  }
  if (kept.length === 0) return;
  await sql`
    INSERT INTO fanout_items (fanout_id, file_id, after)
    SELECT ${id}::uuid, t.file_id, t.after
    FROM unnest(${kept.map((item) => item.fileId)}::uuid[],
      ${kept.map((item) => item.after)}::uuid[]) AS t (file_id, after)
    ON CONFLICT (fanout_id, file_id) DO UPDATE SET after = excluded.after`.execute(tx);
}

/** The others have their turn first. */
export async function passTurn(tx: Tx, id: FanoutId, at: Date): Promise<void> {
  await sql`UPDATE fanouts SET turn = ${at} WHERE id = ${id}`.execute(tx);
}

/** The job is done: what it settles can be trusted again. */
export async function endFanout(tx: Tx, { id, settles }: Fanout): Promise<void> {
  await sql`
    WITH settled AS (
      UPDATE grants SET unsettled = unsettled - 1 WHERE id = ANY(${settles}::uuid[])
    ) DELETE FROM fanouts WHERE id = ${id}`.execute(tx);
}

/** Whose rows jobs are still changing somewhere in this owner's tree. */
export async function usersInMotion(db: Db | Tx, ownerId: UserId): Promise<readonly UserId[]> {
  const { rows } = await sql<{ userId: UserId }>`
    SELECT DISTINCT unnest(users) AS "userId" FROM fanouts
    WHERE owner_id = ${ownerId}`.execute(db);
  return rows.map((row) => row.userId);
}
