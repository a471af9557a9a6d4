import type { UserId } from '@valise/core/ids';
import { nameKey } from '@valise/core/names';
import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { roleOf } from '../tree/role-of.ts';
import {
  joinContent,
  toVisibleFile,
  type VisibleColumns,
  type VisibleFile,
  visibleColumns,
} from '../tree/visible-file.ts';
import { decodeCursor, encodeCursor, type Page, toPage } from './page-cursor.ts';

export interface SearchQuery {
  readonly text: string;
  readonly cursor: string | undefined;
  readonly limit: number;
}

const LIST = 'search';

/**
 * One page of the live files this person can see whose name contains the text, in any case and
 * normalisation, newest first. Walks their access rows in id order and stops when the page is
 * full: all pages together cost one walk, a rare text costs it at once.
 */
export async function searchFiles(
  db: Db,
  userId: UserId,
  query: SearchQuery,
): Promise<Page<VisibleFile>> {
  // No name holds NUL, and PostgreSQL's text can't.
  if (query.text.includes('\0')) return { items: [], cursor: null };
  const pattern = `%${nameKey(query.text).replace(/[\\%_]/g, '\\$&')}%`;
  const begin =
    query.cursor === undefined
      ? sql``
      : sql`AND a.file_id < ${decodeCursor(LIST, query.cursor, /^$/).id}::uuid`;
  const { rows } = await sql<VisibleColumns>`
    SELECT ${visibleColumns(sql`r.role`, userId)}
    FROM access a JOIN files f ON f.id = a.file_id
    CROSS JOIN LATERAL (SELECT ${roleOf(userId, 'f')} AS role OFFSET 0) r ${joinContent}
    WHERE a.user_id = ${userId} AND a.role IS NOT NULL ${begin}
      AND f.status = 'uploaded' AND f.deletion_id IS NULL AND f.name_key LIKE ${pattern}
      AND r.role IS NOT NULL
    ORDER BY a.file_id DESC LIMIT ${query.limit + 1}`.execute(db);
  return toPage(rows, query.limit, {
    item: toVisibleFile,
    cursor: ({ id }) => encodeCursor(LIST, { key: '', id }),
  });
}
