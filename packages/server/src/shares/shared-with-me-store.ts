import type { UserId } from '@valise/core/ids';
import type { SharedFile } from '@valise/core/wire';
import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { decodeCursor, encodeCursor, IS_NUMBER, type Page, toPage } from '../files/page-cursor.ts';
import { momentOf, timeKey } from '../files/time-key.ts';
import { isLive } from '../tree/file-row.ts';
import { roleOf } from '../tree/role-of.ts';
import {
  joinContent,
  toVisibleFile,
  type VisibleColumns,
  visibleColumns,
} from '../tree/visible-file.ts';
import { toWireFile } from '../tree/wire-file.ts';

export interface SharedQuery {
  readonly cursor: string | undefined;
  readonly limit: number;
}

const LIST = 'shared-with-me';

interface SharedColumns extends VisibleColumns {
  readonly sharedBy: UserId;
  readonly sharedByName: string;
  readonly sharedAt: Date;
  readonly sortKey: string;
  readonly grantId: string;
}

/**
 * One page of what was shared with this person, newest first; not what lies below it. A range of
 * their grants, with some key lookups for each: costs the page, however much was shared.
 */
export async function listSharedWithMe(
  db: Db,
  userId: UserId,
  query: SharedQuery,
): Promise<Page<SharedFile>> {
  const from = query.cursor === undefined ? undefined : decodeCursor(LIST, query.cursor, IS_NUMBER);
  const begin =
    from === undefined
      ? sql``
      : sql`AND (g.granted_at, g.id) < (${momentOf(from.key)}, ${from.id}::uuid)`;
  const { rows } = await sql<SharedColumns>`
    WITH page AS MATERIALIZED (
      SELECT g.id AS grant_id, g.granted_by, g.granted_at, f.id
      FROM (
        SELECT * FROM grants g WHERE g.user_id = ${userId} ${begin}
        ORDER BY g.granted_at DESC, g.id DESC OFFSET 0
      ) g CROSS JOIN LATERAL (SELECT * FROM files WHERE files.id = g.file_id OFFSET 0) f
      WHERE ${isLive} LIMIT ${query.limit + 1}
    )
    SELECT ${visibleColumns(sql`r.role`, userId)}, u.id AS "sharedBy", u.name AS "sharedByName",
      page.granted_at AS "sharedAt", ${timeKey(sql`page.granted_at`)} AS "sortKey",
      page.grant_id AS "grantId"
    FROM page JOIN files f ON f.id = page.id JOIN users u ON u.id = page.granted_by
    CROSS JOIN LATERAL (SELECT ${roleOf(userId, 'f')} AS role OFFSET 0) r ${joinContent}
    ORDER BY page.granted_at DESC, page.grant_id DESC`.execute(db);
  return toPage(rows, query.limit, {
    item: (row) => ({
      ...toWireFile(toVisibleFile(row), userId),
      sharedBy: { id: row.sharedBy, name: row.sharedByName },
      sharedAt: row.sharedAt.toISOString(),
    }),
    cursor: ({ sortKey, grantId }) => encodeCursor(LIST, { key: sortKey, id: grantId }),
  });
}
