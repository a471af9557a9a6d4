import type { UserId } from '@valise/core/ids';
import type { SharedFile } from '@valise/core/wire';
import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { encodeCursor, type Page, toPage } from '../files/page-cursor.ts';
import { timeKey } from '../files/time-key.ts';
import { roleOf } from '../tree/role-of.ts';
import { toVisibleFile, type VisibleColumns, visibleColumns } from '../tree/visible-file.ts';
import { toWireFile } from '../tree/wire-file.ts';
import { SHARED_LIST, type SharedQuery, sharedPage } from './shared-with-me-page.ts';

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
  const { rows } = await sql<SharedColumns>`
    WITH page AS MATERIALIZED (${sharedPage(userId, query)})
    SELECT ${visibleColumns(sql`r.role`, userId)}, u.id AS "sharedBy", u.name AS "sharedByName",
      page.granted_at AS "sharedAt", ${timeKey(sql`page.granted_at`)} AS "sortKey",
      page.grant_id AS "grantId"
    FROM page
    CROSS JOIN LATERAL (SELECT * FROM files WHERE files.id = page.file_id OFFSET 0) f
    CROSS JOIN LATERAL (SELECT id, name FROM users WHERE users.id = page.granted_by OFFSET 0) u
    CROSS JOIN LATERAL (SELECT ${roleOf(userId, 'f')} AS role OFFSET 0) r
    LEFT JOIN LATERAL (SELECT * FROM objects WHERE objects.id = f.object_id OFFSET 0) o ON true
    ORDER BY page.granted_at DESC, page.grant_id DESC`.execute(db);
  return toPage(rows, query.limit, {
    item: (row) => ({
      ...toWireFile(toVisibleFile(row), userId),
      sharedBy: { id: row.sharedBy, name: row.sharedByName },
      sharedAt: row.sharedAt.toISOString(),
    }),
    cursor: ({ sortKey, grantId }) => encodeCursor(SHARED_LIST, { key: sortKey, id: grantId }),
  });
}
