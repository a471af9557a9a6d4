import type { UserId } from '@valise/core/ids';
import { type RawBuilder, sql } from 'kysely';
import { fileMembers, timeText } from '../changes/event-text.ts';
import { isParentGranted, joinedTo } from '../changes/joined-access.ts';
import type { Db } from '../db/database.ts';
import { queryBytes } from '../db/query-bytes.ts';
import { encodeCursor } from '../files/page-cursor.ts';
import { timeKey } from '../files/time-key.ts';
import { isSharedRoot } from '../tree/role-of.ts';
import { SHARED_LIST, type SharedQuery, sharedPage } from './shared-with-me-page.ts';

/** All of them text; an empty one where there is none. */
interface TextColumns extends Readonly<Record<string, Uint8Array>> {
  readonly text: Uint8Array;
  readonly isPlain: Uint8Array;
  readonly isWhole: Uint8Array;
  /** Of the last item, where the page is full. */
  readonly sortKey: Uint8Array;
  readonly grantId: Uint8Array;
}

/**
 * The page as JSON in UTF-8, worded by the database and passed on as it comes: a hundred rows of thirty
 * columns are a megabyte of garbage, their text as a string still an eighth, and every so many callers
 * waited for its collection. Null where a file's access row isn't filled in or can't be believed, so
 * that the tree must be asked.
 */
export async function readSharedText(
  db: Db,
  userId: UserId,
  query: SharedQuery,
): Promise<Uint8Array | null> {
  const { limit } = query;
  const isLast = sql`FILTER (WHERE a.n = ${limit}::int)`;
  const [page] = await queryBytes(
    db,
    sql<TextColumns>`
    SELECT coalesce(string_agg(${itemText}, ',' ORDER BY a.n) FILTER (WHERE a.n <= ${limit}::int), '') AS text,
      coalesce(bool_and(${isPlain(userId)}), true)::text AS "isPlain",
      (count(*) <= ${limit}::int)::text AS "isWhole",
      coalesce(max(${timeKey(sql`a.granted_at`)}) ${isLast}, '') AS "sortKey",
      coalesce(max(a.grant_id::text) ${isLast}, '') AS "grantId"
    ${joinedTo(rowsOn(userId, query))}
    CROSS JOIN LATERAL (
      SELECT id, name FROM users WHERE users.id = a.granted_by OFFSET 0
    ) u`,
  );
  if (page === undefined || String(page.isPlain) !== 'true') return null;
  const end = `],"cursor":${JSON.stringify(cursorBehind(page))}}`;
  return Buffer.concat([Buffer.from('{"items":['), page.text, Buffer.from(end)]);
}

function cursorBehind({ isWhole, sortKey, grantId }: TextColumns): string | null {
  if (String(isWhole) === 'true') return null;
  return encodeCursor(SHARED_LIST, { key: String(sortKey), id: String(grantId) });
}

/** The page's grants, each with the access row for its file, if that is there. */
function rowsOn(userId: UserId, query: SharedQuery): RawBuilder<unknown> {
  return sql`
    SELECT page.*, ${userId}::uuid AS user_id, access.role, access.via, access.seq
    FROM (
      SELECT shared.*, row_number() OVER (ORDER BY granted_at DESC, grant_id DESC) AS n
      FROM (${sharedPage(userId, query)}) shared
    ) page LEFT JOIN LATERAL (
      SELECT role, via, seq FROM access
      WHERE access.user_id = ${userId} AND access.file_id = page.file_id OFFSET 0
    ) access ON true`;
}

const itemText = sql<string>`concat(
  '{', ${fileMembers(sql`ag.role`)}, ',"sharedBy":{"id":"', u.id, '","name":', to_json(u.name),
  '},"sharedAt":"', ${timeText(sql`a.granted_at`)}, '"}')`;

/** A missing row for the parent doesn't prove that it can't be seen: only the tree does. */
function isPlain(userId: UserId): RawBuilder<boolean> {
  return sql`(ag.id IS NOT NULL AND f.id IS NOT NULL AND CASE
    WHEN p.seq IS NOT NULL THEN ${isParentGranted}
    WHEN f.parent_id IS NOT NULL THEN ${isSharedRoot(userId, 'f')}
    ELSE true END)`;
}
