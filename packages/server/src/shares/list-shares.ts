import type { FileId, UserId } from '@valise/core/ids';
import type { Share } from '@valise/core/wire';
import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { decodeCursor, encodeCursor, IS_NUMBER, type Page, toPage } from '../files/page-cursor.ts';
import { momentOf, timeKey } from '../files/time-key.ts';
import type { Caller } from '../http/app.ts';
import { ancestorIds } from '../tree/depth.ts';
import { findVisible, requireVisible } from '../tree/visible-file.ts';
import { type ShareColumns, toShare } from './grant-store.ts';

export interface SharesQuery {
  readonly id: FileId;
  readonly cursor: string | undefined;
  readonly limit: number;
}

const LIST = 'shares';

/**
 * Everyone the file is shared with, by itself or with a folder above, the oldest share first; once
 * per way. Guests learn of no folder that they can't see, nor whom that is shared with. Throws
 * `file-not-found`, `bad-cursor`.
 */
export async function listShares(
  db: Db,
  { userId }: Caller,
  query: SharesQuery,
): Promise<Page<Share>> {
  await requireVisible(db, userId, query.id);
  const ways = await visibleAbove(db, userId, query.id);
  const from = query.cursor === undefined ? undefined : decodeCursor(LIST, query.cursor, IS_NUMBER);
  const begin =
    from === undefined
      ? sql``
      : sql`AND (g.granted_at, g.id) > (${momentOf(from.key)}, ${from.id}::uuid)`;
  const { rows } = await sql<ShareColumns & { sortKey: string; grantId: string }>`
    SELECT u.id, u.email, u.name, g.role, f.id AS "fileId", f.name AS "fileName",
      ${timeKey(sql`g.granted_at`)} AS "sortKey", g.id AS "grantId"
    FROM grants g JOIN users u ON u.id = g.user_id JOIN files f ON f.id = g.file_id
    WHERE g.file_id = ANY(${ways}::uuid[]) ${begin}
    ORDER BY g.granted_at, g.id LIMIT ${query.limit + 1}`.execute(db);
  return toPage(rows, query.limit, {
    item: toShare,
    cursor: ({ sortKey, grantId }) => encodeCursor(LIST, { key: sortKey, id: grantId }),
  });
}

async function visibleAbove(db: Db, userId: UserId, id: FileId): Promise<readonly FileId[]> {
  return [...(await findVisible(db, userId, await ancestorIds(db, id))).keys()];
}
