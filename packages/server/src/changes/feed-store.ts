import type { FileId, UserId } from '@valise/core/ids';
import { type RawBuilder, sql } from 'kysely';
import type { Db, Tx } from '../db/database.ts';
import type { Role } from '../db/tables.ts';
import { eventText, seenParent } from './event-text.ts';
import { isGranted, isParentGranted, joinedTo } from './joined-access.ts';

/** How far a person's feed is. */
export interface FeedState {
  readonly epoch: string;
  readonly seq: number;
  /** Tombstones up to here may be gone: who stands before it can't be told what was removed. */
  readonly minSeq: number;
}

/** An access row with the file it is about, as it is now. */
export interface FeedRow {
  readonly userId: UserId;
  readonly seq: number;
  readonly fileId: FileId;
  /** Null: a tombstone. */
  readonly role: Role | null;
  /** False where the row has a role, but its grant is gone or unsettled: the tree must be asked. */
  readonly isGranted: boolean;
  /** The parent, if the user sees it, and its place in this feed. */
  readonly parentId: FileId | null;
  readonly parentSeq: number | null;
  readonly isParentGranted: boolean;
  /** The change as text: a removal where there is no such live file any more. */
  readonly json: string;
}

export async function readFeedState(db: Db | Tx, userId: UserId): Promise<FeedState> {
  const state = (await readFeedStates(db, [userId])).get(userId);
  if (state === undefined) throw new Error(`user ${userId} has no feed`);
  return state;
}

export async function readFeedStates(
  db: Db | Tx,
  userIds: readonly UserId[],
): Promise<ReadonlyMap<UserId, FeedState>> {
  const { rows } = await sql<FeedState & { readonly userId: UserId }>`
    SELECT user_id AS "userId", ${epochText} AS epoch, seq, min_seq AS "minSeq"
    FROM feeds WHERE user_id = ANY(${userIds}::uuid[])`.execute(db);
  return new Map(rows.map(({ userId, ...state }) => [userId, state]));
}

export interface FeedRange {
  readonly userId: UserId;
  /** Rows after this place. */
  readonly after: number;
  /** Tombstones up to here are left out. */
  readonly tombstonesAfter: number;
  /** Rows up to this place, where the range has an end. */
  readonly upTo?: number;
  readonly limit: number;
}

/** The next rows of one feed, in its order. */
export async function readFeedRows(db: Db | Tx, range: FeedRange): Promise<readonly FeedRow[]> {
  return await selectRows(db, rowsIn(range), sql`ORDER BY a.seq`);
}

/** In the feed's order. */
export function rowsIn(
  range: FeedRange,
  columns: RawBuilder<unknown> = sql`*`,
): RawBuilder<unknown> {
  return sql`
    SELECT ${columns} FROM access
    WHERE access.user_id = ${range.userId} AND access.seq > ${range.after}
      AND ${isBefore(range)} AND ${isToldOf(range)}
    ORDER BY access.seq LIMIT ${range.limit}`;
}

function isBefore({ upTo }: FeedRange): RawBuilder<unknown> {
  return upTo === undefined ? sql`true` : sql`access.seq <= ${upTo}`;
}

export function isToldOf({ after, tombstonesAfter }: FeedRange): RawBuilder<unknown> {
  if (tombstonesAfter <= after) return sql`true`;
  return sql`(access.role IS NOT NULL OR access.seq > ${tombstonesAfter})`;
}

/** Of these files the rows that `userId` has, in no order. */
export async function readRowsOf(
  db: Db | Tx,
  userId: UserId,
  fileIds: readonly FileId[],
): Promise<readonly FeedRow[]> {
  return await selectRows(
    db,
    sql`
    SELECT * FROM access
    WHERE access.user_id = ${userId} AND access.file_id = ANY(${fileIds}::uuid[])`,
    sql``,
  );
}

/** How far several people's feeds have been told, as parallel lists. */
export interface FeedRanges {
  readonly userIds: readonly UserId[];
  readonly after: readonly number[];
  /** Rows per person. */
  readonly limit: number;
}

/** The next rows of many feeds in one statement, each feed's in its order. */
export async function readManyFeeds(
  db: Db,
  { userIds, after, limit }: FeedRanges,
): Promise<readonly FeedRow[]> {
  return await selectRows(
    db,
    sql`
    SELECT one.* FROM unnest(${userIds}::uuid[], ${after}::bigint[]) AS t (user_id, after)
    CROSS JOIN LATERAL (
      SELECT * FROM access WHERE access.user_id = t.user_id AND access.seq > t.after
      ORDER BY access.seq LIMIT ${limit}
    ) one`,
    sql`ORDER BY a.user_id, a.seq`,
  );
}

async function selectRows(
  db: Db | Tx,
  accessRows: RawBuilder<unknown>,
  order: RawBuilder<unknown>,
): Promise<readonly FeedRow[]> {
  const { rows } = await sql<FeedRow>`
    SELECT a.user_id AS "userId", a.seq, a.file_id AS "fileId", a.role,
      ${isGranted} AS "isGranted", ${seenParent} AS "parentId", p.seq AS "parentSeq",
      ${isParentGranted} AS "isParentGranted", ${eventText} AS json
    ${joinedTo(accessRows)} ${order}`.execute(db);
  return rows;
}

/** As cursors carry it. */
export const epochText = sql`left(replace(feeds.epoch::text, '-', ''), 16)`;
