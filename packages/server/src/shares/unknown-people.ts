import { AppError } from '@valise/core/errors';
import type { UserId } from '@valise/core/ids';
import { sql } from 'kysely';
import { inTransaction, type Tx } from '../db/database.ts';
import type { ShareDeps } from './share-deps.ts';

/** So that nobody finds out by trying whose addresses have accounts here. */
const UNKNOWN_PER_HOUR = 20;
const HOUR_MS = 3_600_000;

/**
 * Counts addresses that this person tried and nobody has, for all servers together: at most 20 in
 * any hour. Throws `rate-limited` instead, counting none, when that were more.
 */
export async function countUnknown(deps: ShareDeps, userId: UserId, count: number): Promise<void> {
  const now = deps.ambient.now();
  const hourAgo = new Date(now.getTime() - HOUR_MS);
  await inTransaction(deps.db, async (tx) => {
    await sql`
      SELECT pg_advisory_xact_lock(hashtextextended(${`unknown:${userId}`}, 0))`.execute(tx);
    await sql`
      DELETE FROM unknown_people WHERE user_id = ${userId} AND at <= ${hourAgo}`.execute(tx);
    const tries = await readTries(tx, userId);
    const tried = tries.reduce((sum, one) => sum + one.count, 0);
    if (tried + count > UNKNOWN_PER_HOUR) throw tooMany(tries[0]?.at ?? now, now);
    await sql`
      INSERT INTO unknown_people (user_id, at, count) VALUES (${userId}, ${now}, ${count})`.execute(
      tx,
    );
  });
}

interface Tries {
  readonly at: Date;
  readonly count: number;
}

/** The oldest first. */
async function readTries(tx: Tx, userId: UserId): Promise<readonly Tries[]> {
  const { rows } = await sql<Tries>`
    SELECT at, count FROM unknown_people WHERE user_id = ${userId} ORDER BY at`.execute(tx);
  return rows;
}

function tooMany(oldest: Date, now: Date): AppError {
  const seconds = Math.max(1, Math.ceil((oldest.getTime() + HOUR_MS - now.getTime()) / 1000));
  return new AppError(
    'rate-limited',
    `Too many unknown people: ${UNKNOWN_PER_HOUR} an hour. Check the addresses, then try again.`,
    { retryAfter: seconds },
  );
}
