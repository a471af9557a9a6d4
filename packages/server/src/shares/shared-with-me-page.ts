import type { UserId } from '@valise/core/ids';
import { type RawBuilder, sql } from 'kysely';
import { DEFAULT_LIMIT, decodeCursor, IS_NUMBER } from '../files/page-cursor.ts';
import { momentOf } from '../files/time-key.ts';
import { isLive } from '../tree/file-row.ts';

export interface SharedQuery {
  readonly cursor: string | undefined;
  readonly limit: number;
}

/** As its cursors name it. */
export const SHARED_LIST = 'shared-with-me';

/**
 * The next grants to this person of files that live, newest first, and one more than the page
 * holds: grant_id, granted_by, granted_at, file_id. Throws `bad-cursor`.
 */
export function sharedPage(userId: UserId, { cursor, limit }: SharedQuery): RawBuilder<unknown> {
  const from = cursor === undefined ? undefined : decodeCursor(SHARED_LIST, cursor, IS_NUMBER);
  const begin =
    from === undefined
      ? sql``
      : sql`AND (g.granted_at, g.id) < (${momentOf(from.key)}, ${from.id}::uuid)`;
  return sql`
    SELECT g.id AS grant_id, g.granted_by, g.granted_at, f.id AS file_id
    FROM (
      SELECT * FROM grants g WHERE g.user_id = ${userId} ${begin}
      ORDER BY g.granted_at DESC, g.id DESC OFFSET 0
    ) g CROSS JOIN LATERAL (SELECT * FROM files WHERE files.id = g.file_id OFFSET 0) f
    WHERE ${isLive} LIMIT ${rowsOf(limit)}`;
}

/**
 * One more than the page's items. PostgreSQL plans anew for every limit that it isn't told in the
 * text, which costs as much as the page: the usual one is told, others would be too many texts.
 */
function rowsOf(limit: number): RawBuilder<number> {
  return limit === DEFAULT_LIMIT ? sql.lit(limit + 1) : sql`${limit + 1}`;
}
