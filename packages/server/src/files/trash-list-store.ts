import type { UserId } from '@valise/core/ids';
import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import type { DeletionId } from '../db/tables.ts';
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

/** One page of the owner's trash, the latest first: for each act the file it was aimed at. */
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
  const { rows } = await sql<VisibleColumns & { sortKey: string; act: DeletionId }>`
    SELECT ${visibleColumns(sql`'owner'`, userId)}, d.deleted_at AS "deletedAt",
      d.deleted_by AS "deletedBy", ${timeKey(sql`d.deleted_at`)} AS "sortKey", d.id AS act
    FROM deletions d JOIN files f ON f.id = d.file_id AND f.deletion_id = d.id ${joinContent}
    WHERE d.owner_id = ${userId} ${begin}
    ORDER BY d.deleted_at DESC, d.id DESC LIMIT ${query.limit + 1}`.execute(db);
  return toPage(rows, query.limit, {
    item: toVisibleFile,
    cursor: ({ sortKey, act }) => encodeCursor(LIST, { key: sortKey, id: act }),
  });
}
