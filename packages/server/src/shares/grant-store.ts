import type { FileId, UserId } from '@valise/core/ids';
import type { Share, ShareRole } from '@valise/core/wire';
import { type RawBuilder, sql } from 'kysely';
import type { Db, Tx } from '../db/database.ts';
import type { GrantId } from '../db/tables.ts';
import type { LostGrant } from '../fanout/refresh-tree.ts';

export interface NewGrants {
  readonly fileId: FileId;
  readonly userIds: readonly UserId[];
  readonly role: ShareRole;
  readonly by: UserId;
  readonly at: Date;
}

export interface PutGrants {
  /** Whose role is another now. */
  readonly changed: readonly UserId[];
  /** Grants that were for more before. */
  readonly lowered: readonly LostGrant[];
}

/**
 * Grants this role, also to those who have another one; what they have already stays as it is. The
 * file's people are counted anew. The owner's tree is locked exclusively, here and to drop.
 */
export async function putGrants(tx: Tx, grants: NewGrants): Promise<PutGrants> {
  const { fileId, userIds, role, by, at } = grants;
  const { rows } = await sql<LostGrant & { wasEditor: boolean }>`
    WITH past AS MATERIALIZED (
      SELECT id, user_id, role FROM grants
      WHERE file_id = ${fileId} AND user_id = ANY(${userIds}::uuid[])
    ), put AS (
      INSERT INTO grants (id, file_id, user_id, role, granted_by, granted_at)
      SELECT gen_random_uuid(), ${fileId}, t.user_id, ${role}, ${by}, ${at}
      FROM unnest(${userIds}::uuid[]) AS t (user_id)
      ON CONFLICT (file_id, user_id) DO UPDATE SET role = excluded.role
        WHERE grants.role <> excluded.role
      RETURNING id, user_id
    ), came AS (
      SELECT count(*) AS people FROM put LEFT JOIN past USING (user_id) WHERE past.id IS NULL
    ), counted AS (${recount(fileId, sql<number>`(SELECT people FROM came)`)})
    SELECT put.id, put.user_id AS "userId", coalesce(past.role = 'editor', false) AS "wasEditor"
    FROM put LEFT JOIN past USING (user_id)`.execute(tx);
  return {
    changed: rows.map((row) => row.userId),
    lowered: rows.filter((row) => row.wasEditor),
  };
}

/** The grant is gone from this commit on, whatever rows still name it. Null when there was none. */
export async function dropGrant(tx: Tx, fileId: FileId, userId: UserId): Promise<GrantId | null> {
  const { rows } = await sql<{ id: GrantId }>`
    WITH dropped AS (
      DELETE FROM grants WHERE file_id = ${fileId} AND user_id = ${userId} RETURNING id
    ), counted AS (${recount(fileId, sql<number>`(SELECT -count(*) FROM dropped)`)})
    SELECT id FROM dropped`.execute(tx);
  return rows[0]?.id ?? null;
}

/**
 * From the grants, not from the last count: servers of an older version, which are there while a
 * new one is rolled out, don't count. A statement sees the grants as they were before it; `more`
 * is what it adds.
 */
function recount(fileId: FileId, more: RawBuilder<number>): RawBuilder<unknown> {
  return sql`
    UPDATE files SET shared_with = counts.people
    FROM (SELECT count(*) + ${more} AS people FROM grants WHERE file_id = ${fileId}) counts
    WHERE files.id = ${fileId} AND files.shared_with <> counts.people`;
}

/** These people's shares of the file itself, in the order of the ids. */
export async function readShares(
  db: Db | Tx,
  fileId: FileId,
  userIds: readonly UserId[],
): Promise<readonly Share[]> {
  const { rows } = await sql<ShareColumns>`
    SELECT u.id, u.email, u.name, g.role, f.id AS "fileId", f.name AS "fileName"
    FROM unnest(${userIds}::uuid[]) WITH ORDINALITY AS t (user_id, place)
    JOIN grants g ON g.file_id = ${fileId} AND g.user_id = t.user_id
    JOIN users u ON u.id = t.user_id JOIN files f ON f.id = g.file_id
    ORDER BY t.place`.execute(db);
  return rows.map(toShare);
}

export interface ShareColumns {
  readonly id: UserId;
  readonly email: string;
  readonly name: string;
  readonly role: ShareRole;
  readonly fileId: FileId;
  readonly fileName: string;
}

export function toShare({ id, email, name, role, fileId, fileName }: ShareColumns): Share {
  return { user: { id, email, name }, role, via: { fileId, name: fileName } };
}
