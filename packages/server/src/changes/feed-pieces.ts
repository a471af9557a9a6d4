import { type RawBuilder, sql } from 'kysely';
import { copyBytes } from '../db/copy-bytes.ts';
import type { Db } from '../db/database.ts';
import { queryBytes } from '../db/query-bytes.ts';
import { eventText } from './event-text.ts';
import { epochText, type FeedRange, type FeedState, isToldOf, rowsIn } from './feed-store.ts';
import { isGranted, isParentGranted, joinedTo } from './joined-access.ts';

/*
 * Pages worded by the database, whose text is never made a string here.
 *
 * A large page is read in parts, each on a connection and so on a processor of its own. Each part
 * is a snapshot, and a later part's is no older than an earlier one's: it is begun when the first
 * rows of that have come. So
 *
 *  - whatever leaves a part before it is read has a place behind the page, and comes later;
 *  - a parent that a part sees in an earlier one was there when that was read, and is told before
 *    its children.
 */

/** The next rows of one feed, worded, and where the feed stood in the same moment. */
export interface FeedPieces {
  readonly state: FeedState;
  readonly lastSeq: number;
  /** The changes as JSON in UTF-8: joined by commas they are the page. */
  readonly pieces: readonly Uint8Array[];
}

/**
 * Changes in a piece, some 600 bytes each: several fit what a connection reads at once, so that no
 * piece has to be put together in a buffer that grows.
 */
const PER_PIECE = 64;
/** Not configuration: tests lower it, so that small pages are read in parts, too. */
export const largePages = {
  /** A page for so many is large. */
  from: 2_000,
  /** Connections that a large page takes at once. */
  parts: 2,
};

const COLUMNS = ['epoch', 'seq', 'minSeq', 'upTo', 'text', 'isPlain'] as const;
type PieceColumns = Readonly<Record<(typeof COLUMNS)[number], Uint8Array>>;

/**
 * For almost all pages: null where a row stands before its parent or its grant is in doubt, so that
 * the rows must be looked at one by one; or where there are none.
 */
export async function readFeedPieces(db: Db, range: FeedRange): Promise<FeedPieces | null> {
  if (range.limit >= largePages.from) return await readInParts(db, range);
  const rows = await queryBytes(db, piecesIn(range));
  return together(rows, Number(rows.at(-1)?.upTo));
}

async function readInParts(db: Db, range: FeedRange): Promise<FeedPieces | null> {
  const ends = await readPartEnds(db, range);
  const parts: Promise<readonly PieceColumns[]>[] = [];
  let { after } = range;
  let mayBegin = Promise.resolve();
  for (const upTo of ends) {
    const statement = piecesIn({ ...range, after, upTo });
    const { promise: isBegun, resolve: begun } = Promise.withResolvers<void>();
    parts.push(mayBegin.then(() => copyBytes(db, statement, COLUMNS, begun)).finally(begun));
    mayBegin = isBegun;
    after = upTo;
  }
  return together((await Promise.all(parts)).flat(), after);
}

/** The places at which parts of about one size end. */
async function readPartEnds(db: Db, range: FeedRange): Promise<readonly number[]> {
  const { rows } = await sql<{ seq: number }>`
    SELECT seq FROM (
      SELECT seq, row_number() OVER (ORDER BY seq) AS n, count(*) OVER () AS total
      FROM (${rowsIn(range, sql`seq`)}) page
    ) numbered WHERE n = total OR n % ${Math.ceil(range.limit / largePages.parts)}::int = 0
    ORDER BY seq`.execute(db);
  return rows.map(({ seq }) => seq);
}

function together(rows: readonly PieceColumns[], lastSeq: number): FeedPieces | null {
  const last = rows.at(-1);
  if (last === undefined || rows.some(({ isPlain }) => String(isPlain) !== 'true')) return null;
  const epoch = String(last.epoch);
  if (rows.some((row) => String(row.epoch) !== epoch)) return null;
  return {
    state: { epoch, seq: Number(last.seq), minSeq: Number(last.minSeq) },
    lastSeq,
    pieces: rows.map(({ text }) => text),
  };
}

function piecesIn(range: FeedRange): RawBuilder<PieceColumns> {
  const { userId, after } = range;
  return sql`
    SELECT ${epochText} AS epoch, feeds.seq::text AS seq, feeds.min_seq::text AS "minSeq",
      piece.up_to::text AS "upTo", t.text, t.is_plain::text AS "isPlain"
    FROM feeds CROSS JOIN (
      SELECT seq AS up_to, lag(seq, 1, ${after}::bigint) OVER (ORDER BY seq) AS after
      FROM (
        SELECT seq, row_number() OVER (ORDER BY seq) AS n, count(*) OVER () AS total
        FROM (${rowsIn(range, sql`seq`)}) page
      ) numbered WHERE n % ${PER_PIECE} = 0 OR n = total
    ) piece CROSS JOIN LATERAL (
      SELECT string_agg(${eventText}, ',' ORDER BY a.seq) AS text,
        bool_and(a.role IS NULL OR ${isGranted}) AND
          bool_and(p.seq IS NULL OR (p.seq < a.seq AND ${isParentGranted})) AS is_plain
      ${joinedTo(sql`
        SELECT * FROM access
        WHERE access.user_id = ${userId} AND access.seq > piece.after
          AND access.seq <= piece.up_to AND ${isToldOf(range)} OFFSET 0`)}
    ) t WHERE feeds.user_id = ${userId} ORDER BY piece.up_to`;
}
