import type { FileId, UserId } from '@valise/core/ids';
import { type RawBuilder, sql } from 'kysely';
import type { Tx } from '../db/database.ts';
import { noteFeedsMoved } from '../db/feeds-moved.ts';
import type { GrantId, Role } from '../db/tables.ts';

/** What one person's feed is to say of one file. A null role is a tombstone with its reason. */
export interface FeedRow {
  readonly userId: UserId;
  readonly fileId: FileId;
  readonly role: Role | null;
  readonly via: GrantId | null;
  readonly reason: 'deleted' | 'unshared' | null;
}

/**
 * Gives every row the next place in its user's feed, in the order of `rows`, and writes it: one
 * statement for all users.
 *
 * The counters are locked in user order and stay locked until commit, so a user's places are
 * handed out in commit order. Within the statement: `locked` waits for other writers; `bumped`
 * then finds its rows changed since the statement's snapshot, and READ COMMITTED has it re-read
 * the newest version, so RETURNING tells the true counter; ON CONFLICT likewise sees access rows
 * that appeared meanwhile, where an UPDATE would miss them.
 */
export async function writeFeedRows(tx: Tx, rows: readonly FeedRow[], at: Date): Promise<void> {
  if (rows.length === 0) return;
  const counts = new Map<UserId, number>();
  const places: number[] = [];
  for (const { userId } of rows) {
    const place = (counts.get(userId) ?? 0) + 1;
    counts.set(userId, place);
    places.push(place);
  }
  const all = <T>(pick: (row: FeedRow) => T) => rows.map(pick);
  const { rows: moved } = await sql<Moved>`
    WITH wanted AS (
      SELECT * FROM unnest(${[...counts.keys()]}::uuid[], ${[...counts.values()]}::bigint[])
        AS t (user_id, places)
    ), placed AS (
      SELECT * FROM unnest(
        ${all((row) => row.userId)}::uuid[], ${all((row) => row.fileId)}::uuid[],
        ${all((row) => row.role)}::text[], ${all((row) => row.via)}::uuid[],
        ${all((row) => row.reason)}::text[], ${places}::bigint[]
      ) AS t (user_id, file_id, role, via, reason, place)
    ), ${writePlaced(at)}`.execute(tx);
  noteMoved(tx, moved);
}

/**
 * The same for rows that the database itself finds: `source` is one or more CTEs (they may be
 * recursive), the last called `found` with the columns of a feed row and their order, `rank`.
 * What it reads must be kept from changing by the caller's locks.
 */
export async function writeFoundRows(tx: Tx, source: RawBuilder<unknown>, at: Date): Promise<void> {
  const { rows: moved } = await sql<Moved>`
    WITH RECURSIVE ${source}, placed AS MATERIALIZED (
      SELECT user_id, file_id, role, via, reason,
        row_number() OVER (PARTITION BY user_id ORDER BY rank) AS place
      FROM found
    ), wanted AS (
      SELECT user_id, count(*) AS places FROM placed GROUP BY user_id
    ), ${writePlaced(at)}`.execute(tx);
  noteMoved(tx, moved);
}

interface Moved {
  readonly userId: UserId;
}

function noteMoved(tx: Tx, moved: readonly Moved[]): void {
  noteFeedsMoved(
    tx,
    moved.map(({ userId }) => userId),
  );
}

/**
 * Goes on from `wanted` (user_id, places) and `placed`, whose places count from 1 per user. Answers
 * whose feeds moved.
 */
function writePlaced(at: Date): RawBuilder<unknown> {
  return sql`locked AS MATERIALIZED (
      SELECT user_id FROM feeds WHERE user_id IN (SELECT user_id FROM wanted)
      ORDER BY user_id FOR NO KEY UPDATE
    ), bumped AS (
      UPDATE feeds SET seq = feeds.seq + wanted.places
      FROM locked JOIN wanted USING (user_id) WHERE feeds.user_id = locked.user_id
      RETURNING feeds.user_id, feeds.seq - wanted.places AS base
    ), written AS (
      INSERT INTO access (user_id, file_id, role, via, reason, seq, at)
      SELECT t.user_id, t.file_id, t.role, t.via, t.reason, bumped.base + t.place, ${at}
      FROM placed t JOIN bumped USING (user_id)
      ON CONFLICT (user_id, file_id) DO UPDATE SET role = excluded.role, via = excluded.via,
        reason = excluded.reason, seq = excluded.seq, at = excluded.at
    ) SELECT user_id AS "userId" FROM bumped`;
}
