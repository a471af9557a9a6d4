import type { UserId } from '@valise/core/ids';
import { sql } from 'kysely';
import { type Db, inTransaction, type Tx } from '../db/database.ts';
import type { FeedState } from './feed-store.ts';

/*
 * A database can become an older copy of itself: a folder copied back, a dump restored, a standby
 * promoted. Devices then hold cursors of a future that never was, and once new changes have taken
 * the same places, nobody could tell. But none of that happens to a running database. So:
 *
 *  1. each start of the database begins a new epoch, for everyone, before anything is written; where
 *     each feed stood is kept (`feed_ends`). Whoever comes first, of all servers, does it.
 *  2. A cursor of the present epoch is good up to the feed's end; one of an epoch before, up to where
 *     that epoch ended in *this* history; everything else is feed-reset.
 *
 * An ordinary restart costs nobody anything: cursors go on across it. Not guaranteed: that a server
 * which goes on while the database is exchanged under it writes nothing in the second that it takes
 * to notice. Stop the servers before restoring.
 */

/** Any constant will do, so long as nothing else in the database uses it. */
const ADVISORY_LOCK = 8_420_002;
const SETTING = 'database-run';

/** Begins a new epoch if the database was started since the last. True if this call did. */
export async function ensureEpoch(db: Db): Promise<boolean> {
  return await inTransaction(db, async (tx) => {
    await sql`SELECT pg_advisory_xact_lock(${ADVISORY_LOCK})`.execute(tx);
    const { rows } = await sql<{ isSame: boolean }>`
      SELECT value ->> 'startedAt' = pg_postmaster_start_time()::text AS "isSame"
      FROM settings WHERE name = ${SETTING}`.execute(tx);
    if (rows[0]?.isSame === true) return false;
    await beginEpoch(tx);
    await sql`
      INSERT INTO settings (name, value)
      VALUES (${SETTING}, jsonb_build_object('startedAt', pg_postmaster_start_time()::text))
      ON CONFLICT (name) DO UPDATE SET value = excluded.value`.execute(tx);
    return true;
  });
}

async function beginEpoch(tx: Tx): Promise<void> {
  // In the order in which all who write lock them.
  await sql`SELECT FROM feeds ORDER BY user_id FOR NO KEY UPDATE`.execute(tx);
  await sql`
    INSERT INTO feed_ends (user_id, epoch, seq, ended_at)
    SELECT user_id, epoch, seq, now() FROM feeds`.execute(tx);
  await sql`UPDATE feeds SET epoch = gen_random_uuid()`.execute(tx);
}

/** Whether this history had told a feed up to this place when that epoch ended. */
export async function endedBehind(
  db: Db | Tx,
  userId: UserId,
  { epoch, seq }: Pick<FeedState, 'epoch' | 'seq'>,
): Promise<boolean> {
  const { rows } = await sql`
    SELECT FROM feed_ends
    WHERE user_id = ${userId} AND left(replace(epoch::text, '-', ''), 16) = ${epoch}
      AND seq >= ${seq}`.execute(db);
  return rows.length > 0;
}
