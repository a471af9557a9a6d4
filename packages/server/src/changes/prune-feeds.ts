import { sql } from 'kysely';
import { repeat } from '../accounts/repeat.ts';
import type { Db } from '../db/database.ts';
import type { Ambient } from '../run/ambient.ts';

/** How long a device may stay away and still be told what was removed meanwhile. */
export const TOMBSTONE_DAYS = 90;
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** Rows per statement: it holds the counters of those it concerns. */
const ROWS_AT_ONCE = 1_000;

export interface PruneDeps {
  readonly db: Db;
  readonly ambient: Pick<Ambient, 'now'>;
}

/** Forgets old tombstones every hour; of several servers each takes what it finds. */
export function startFeedPruning(
  deps: PruneDeps & { readonly log: { warn(details: object, message: string): void } },
): { close(): Promise<void> } {
  const pruning = repeat({
    everyMs: HOUR_MS,
    work: () => pruneFeeds(deps),
    onError: (error) => deps.log.warn({ err: error }, 'Old tombstones could not be removed'),
  });
  return { close: () => pruning.end() };
}

/**
 * Removes tombstones older than `TOMBSTONE_DAYS`, and ends of epochs as old. Whoever stands before
 * a removed one is `cursor-expired` from then on: the two become visible together.
 */
export async function pruneFeeds({ db, ambient }: PruneDeps): Promise<void> {
  const horizon = new Date(ambient.now().getTime() - TOMBSTONE_DAYS * DAY_MS);
  for (;;) {
    const { rows } = await sql<{ pruned: number }>`
      WITH picked AS (
        SELECT user_id, file_id FROM access WHERE role IS NULL AND at < ${horizon}
        ORDER BY at LIMIT ${ROWS_AT_ONCE}
      ), locked AS MATERIALIZED (
        SELECT user_id FROM feeds WHERE user_id IN (SELECT user_id FROM picked)
        ORDER BY user_id FOR NO KEY UPDATE
      ), gone AS (
        DELETE FROM access a USING picked JOIN locked USING (user_id)
        WHERE a.user_id = picked.user_id AND a.file_id = picked.file_id
          AND a.role IS NULL AND a.at < ${horizon}
        RETURNING a.user_id, a.seq
      ), moved AS (
        UPDATE feeds SET min_seq = greatest(min_seq, last.seq)
        FROM (SELECT user_id, max(seq) AS seq FROM gone GROUP BY user_id) last
        WHERE feeds.user_id = last.user_id RETURNING 1
      )
      SELECT count(*) AS pruned FROM gone`.execute(db);
    if ((rows[0]?.pruned ?? 0) < ROWS_AT_ONCE) break;
  }
  await sql`DELETE FROM feed_ends WHERE ended_at < ${horizon}`.execute(db);
}
