import type { UserId } from '@valise/core/ids';
import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { decodeCursor, encodeCursor, type Page, toPage } from '../files/page-cursor.ts';
import { isLive } from '../tree/file-row.ts';
import {
  joinContent,
  toVisibleFile,
  type VisibleColumns,
  type VisibleFile,
  visibleColumns,
} from '../tree/visible-file.ts';
import type { SharedQuery } from './shared-with-me-page.ts';

const LIST = 'shared-by-me';

/**
 * One page of the live files that this person has shared by themselves, newest first: a range of an
 * index that holds nothing else, however much they own and whoever it is shared with. Throws
 * `bad-cursor`.
 */
export async function listSharedByMe(
  db: Db,
  userId: UserId,
  { cursor, limit }: SharedQuery,
): Promise<Page<VisibleFile>> {
  const begin =
    cursor === undefined ? sql`` : sql`AND f.id < ${decodeCursor(LIST, cursor, /^$/).id}::uuid`;
  const { rows } = await sql<VisibleColumns>`
    SELECT ${visibleColumns(sql`'owner'`, userId)} FROM (
      SELECT * FROM files f
      WHERE f.owner_id = ${userId} AND f.shared_with > 0 AND ${isLive} ${begin}
      ORDER BY f.id DESC LIMIT ${limit + 1}
    ) f ${joinContent} ORDER BY f.id DESC`.execute(db);
  return toPage(rows, limit, {
    item: toVisibleFile,
    cursor: ({ id }) => encodeCursor(LIST, { key: '', id }),
  });
}
