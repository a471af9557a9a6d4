import { AppError } from '@valise/core/errors';
import type { UserId } from '@valise/core/ids';
import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import type { FeedPosition } from './feed-cursor.ts';
import { readFeedState } from './feed-store.ts';

/**
 * A row is stamped when its transaction begins, by the clock of whichever server runs it, and takes
 * its place when it commits. Stamps may therefore be out of order by as much as clocks differ and
 * transactions last; five minutes are far beyond both.
 */
const STAMP_DISORDER_MS = 5 * 60_000;

const TIME = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+ -]\d{2}:\d{2})$/;

/** The moment that `text` names, or null if it isn't meant as one. */
export function parseSinceTime(text: string): Date | null {
  const match = TIME.exec(text);
  if (match === null) return null;
  // In a query an unescaped plus arrives as a space.
  const zone = (match[2] ?? 'Z').replace(' ', '+');
  const time = new Date(text.slice(0, text.length - zone.length) + zone.toUpperCase());
  if (!Number.isNaN(time.getTime())) return time;
  throw new AppError('invalid-value', 'since is not a moment in the calendar.', {
    details: { field: 'since' },
  });
}

/**
 * A place before everything that changed at or after this time: a walk back from the feed's end
 * over what is younger, however long the feed is.
 */
export async function positionAt(db: Db, userId: UserId, time: Date): Promise<FeedPosition> {
  const { epoch } = await readFeedState(db, userId);
  // A caller whose clock is ahead gets the latest, not nothing.
  const before = sql`least(${time}::timestamptz, now()) - ${STAMP_DISORDER_MS} * interval '1 ms'`;
  const { rows } = await sql<{ seq: number }>`
    SELECT seq FROM access WHERE user_id = ${userId} AND at < ${before}
    ORDER BY seq DESC LIMIT 1`.execute(db);
  return { epoch, seq: rows[0]?.seq ?? 0, listedFrom: null };
}
