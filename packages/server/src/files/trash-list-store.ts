import type { UserId } from '@valise/core/ids';
import { type RawBuilder, sql } from 'kysely';
import type { Db } from '../db/database.ts';
import type { DeletionId } from '../db/tables.ts';
import { roleOf } from '../tree/role-of.ts';
import {
  joinContent,
  toVisibleFile,
  type VisibleColumns,
  type VisibleFile,
  visibleColumns,
} from '../tree/visible-file.ts';
import { decodeCursor, encodeCursor, IS_NUMBER, type Page, toPage } from './page-cursor.ts';
import { momentOf, timeKey } from './time-key.ts';

export interface TrashQuery {
  readonly cursor: string | undefined;
  readonly limit: number;
}

const LIST = 'trash';

/**
 * One page of the trash, the latest first: for each act the file it was aimed at. One's own trash,
 * and what one deleted in the trees of others (`findTrashed`): an index range each, merged.
 */
export async function listTrash(
  db: Db,
  userId: UserId,
  query: TrashQuery,
): Promise<Page<VisibleFile>> {
  const from = query.cursor === undefined ? undefined : decodeCursor(LIST, query.cursor, IS_NUMBER);
  const begin =
    from === undefined
      ? sql``
      : sql`AND (d.deleted_at, d.id) < (${momentOf(from.key)}, ${from.id}::uuid)`;
  const acts = (whose: RawBuilder<boolean>, atLeast: RawBuilder<boolean>) => sql`(
    SELECT d.id, d.deleted_at, d.deleted_by, f.id AS file_id, r.role
    FROM deletions d JOIN files f ON f.id = d.file_id AND f.deletion_id = d.id
    CROSS JOIN LATERAL (SELECT ${roleOf(userId, 'f')} AS role OFFSET 0) r
    WHERE ${whose} ${begin} AND ${atLeast}
    ORDER BY d.deleted_at DESC, d.id DESC LIMIT ${query.limit + 1}
  )`;
  const { rows } = await sql<VisibleColumns & { sortKey: string; act: DeletionId }>`
    SELECT ${visibleColumns(sql`d.role`, userId)}, d.deleted_at AS "deletedAt",
      d.deleted_by AS "deletedBy", ${timeKey(sql`d.deleted_at`)} AS "sortKey", d.id AS act
    FROM (
      ${acts(sql`d.owner_id = ${userId}`, sql`true`)} UNION ALL
      ${acts(sql`d.deleted_by = ${userId} AND d.owner_id <> d.deleted_by`, sql`r.role = 'editor'`)}
    ) d JOIN files f ON f.id = d.file_id ${joinContent}
    ORDER BY d.deleted_at DESC, d.id DESC LIMIT ${query.limit + 1}`.execute(db);
  return toPage(rows, query.limit, {
    item: toVisibleFile,
    cursor: ({ sortKey, act }) => encodeCursor(LIST, { key: sortKey, id: act }),
  });
}
