import type { FileId, UserId } from '@valise/core/ids';
import type { ChildrenSort } from '@valise/core/wire';
import { type RawBuilder, sql } from 'kysely';
import type { Db, Tx } from '../db/database.ts';
import type { Role } from '../db/tables.ts';
import { isLive, liesIn } from '../tree/file-row.ts';
import {
  joinContent,
  toVisibleFile,
  type VisibleColumns,
  type VisibleFile,
  visibleColumns,
} from '../tree/visible-file.ts';
import {
  decodeCursor,
  encodeCursor,
  IS_NUMBER,
  type Page,
  type PageCursor,
  toPage,
} from './page-cursor.ts';
import { momentOf, timeKey } from './time-key.ts';

/** A folder as its visitor sees it; null is the root of this owner. */
export interface Listed {
  readonly id: FileId | null;
  readonly ownerId: UserId;
  readonly userId: UserId;
  readonly role: Role;
}

export interface ChildrenQuery {
  readonly sort: ChildrenSort;
  readonly cursor: string | undefined;
  readonly limit: number;
}

interface Order {
  /** What the cursor carries, besides the id. */
  readonly key: RawBuilder<string>;
  readonly after: (cursor: PageCursor) => RawBuilder<boolean>;
  readonly order: RawBuilder<unknown>;
  readonly isKey: RegExp;
}

/** Names are unique in a folder; the other two need the id beside them. */
const ORDERS: Readonly<Record<ChildrenSort, Order>> = {
  name: {
    key: sql`f.name_key`,
    after: ({ key }) => sql`f.name_key > ${key}`,
    order: sql`f.name_key`,
    isKey: /^[^\0]+$/,
  },
  updatedAt: {
    key: timeKey(sql`f.updated_at`),
    after: ({ key, id }) => sql`(f.updated_at, f.id) > (${momentOf(key)}, ${id}::uuid)`,
    order: sql`f.updated_at, f.id`,
    isKey: IS_NUMBER,
  },
  size: {
    key: sql`f.size::text`,
    after: ({ key, id }) => sql`(f.size, f.id) > (${key}::bigint, ${id}::uuid)`,
    order: sql`f.size, f.id`,
    isKey: IS_NUMBER,
  },
};

/** One page of what is live in a folder, ascending. Costs the page, however full the folder. */
export async function listChildren(
  db: Db | Tx,
  folder: Listed,
  query: ChildrenQuery,
): Promise<Page<VisibleFile>> {
  const { key, after, order, isKey } = ORDERS[query.sort];
  const list = `children-${query.sort}`;
  const begin =
    query.cursor === undefined ? sql`` : sql`AND ${after(decodeCursor(list, query.cursor, isKey))}`;
  const role = roleOfChild(folder);
  const { rows } = await sql<VisibleColumns & { sortKey: string }>`
    WITH page AS MATERIALIZED (
      SELECT f.id, row_number() OVER () AS place, ${key} AS sort_key FROM (
        SELECT f.* FROM files f
        WHERE ${liesIn(folder.ownerId, folder.id)} AND ${isLive} ${begin}
        ORDER BY ${order} LIMIT ${query.limit + 1}
      ) f
    )
    SELECT ${visibleColumns(role, folder.userId)}, page.sort_key AS "sortKey"
    FROM page JOIN files f ON f.id = page.id ${joinContent}
    ORDER BY page.place`.execute(db);
  return toPage(rows, query.limit, {
    item: toVisibleFile,
    cursor: ({ sortKey, id }) => encodeCursor(list, { key: sortKey, id }),
  });
}

/** As in the folder, unless the child itself was shared for more: exact, whatever rows there are. */
function roleOfChild({ role, userId }: Listed): RawBuilder<Role> {
  if (role !== 'viewer') return sql`${role}`;
  return sql`coalesce((
    SELECT g.role FROM grants g WHERE g.file_id = f.id AND g.user_id = ${userId}
  ), 'viewer')`;
}
