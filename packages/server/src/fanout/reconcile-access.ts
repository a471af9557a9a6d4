import type { FileId, UserId } from '@valise/core/ids';
import { MAX_DEPTH } from '@valise/core/names';
import { sql } from 'kysely';
import { writeFoundRows } from '../changes/write-feed-rows.ts';
import type { Tx } from '../db/database.ts';

export interface Reconciled {
  readonly users: readonly UserId[];
  /** Parents before children: the feed tells them in this order. */
  readonly files: readonly FileId[];
  /** Tells those who see a file of it though nothing about their access differs. */
  readonly always: boolean;
  /** One of the users, whom only the first of the files concerns. */
  readonly topOnly?: UserId | undefined;
  readonly at: Date;
}

/**
 * Makes the access rows of these people for these files what grants and tree say, and gives those
 * that change the next places in their feeds. Computed from the state as it is now, not from what
 * led to it: may be repeated, and comes out right in whatever order changes were carried out.
 *
 * The strongest grant on the file or above it holds; of equals the nearest. A file that itself was
 * shared with someone is told again also where nothing differs, for whether its parent is seen may
 * have changed, which shows (`sharedRoot`).
 *
 * The owner's tree is locked exclusively: nothing else changes the role in these rows meanwhile.
 */
export async function reconcileAccess(
  tx: Tx,
  { users, files, always, topOnly, at }: Reconciled,
): Promise<void> {
  if (users.length === 0 || files.length === 0) return;
  const found = sql`
    items AS MATERIALIZED (
      SELECT t.id, t.place, f.parent_id, f.owner_id,
        coalesce(f.status = 'uploaded' AND f.deletion_id IS NULL, false) AS is_live,
        f.id IS NULL OR f.deletion_id IS NOT NULL AS is_gone
      FROM unnest(${files}::uuid[]) WITH ORDINALITY AS t (id, place)
      LEFT JOIN LATERAL (SELECT * FROM files WHERE files.id = t.id OFFSET 0) f ON true
    ), up (start, id, level) AS (
      SELECT DISTINCT parent_id, parent_id, 1 FROM items WHERE parent_id IS NOT NULL
      UNION ALL
      SELECT up.start, above.parent_id, up.level + 1 FROM up CROSS JOIN LATERAL (
        SELECT f.parent_id FROM files f WHERE f.id = up.id OFFSET 0
      ) above WHERE above.parent_id IS NOT NULL AND up.level <= ${MAX_DEPTH}
    ), inherited AS MATERIALIZED (
      SELECT DISTINCT ON (up.start, g.user_id) up.start, g.user_id, g.id, g.role
      FROM up CROSS JOIN LATERAL (
        SELECT * FROM grants
        WHERE grants.file_id = up.id AND grants.user_id = ANY(${users}::uuid[]) OFFSET 0
      ) g ORDER BY up.start, g.user_id, g.role = 'editor' DESC, up.level
    ), own AS MATERIALIZED (
      SELECT g.file_id, g.user_id, g.id, g.role FROM items CROSS JOIN LATERAL (
        SELECT * FROM grants
        WHERE grants.file_id = items.id AND grants.user_id = ANY(${users}::uuid[]) OFFSET 0
      ) g
    ), due AS MATERIALIZED (
      SELECT i.id AS file_id, i.place, i.is_gone, p.user_id, own.id AS own_id,
        CASE WHEN NOT i.is_live THEN NULL WHEN i.owner_id = p.user_id THEN 'owner'
          WHEN own.role = 'editor' OR inherited.role IS NULL THEN own.role
          WHEN inherited.role = 'editor' THEN inherited.role
          ELSE coalesce(own.role, inherited.role) END AS role,
        CASE WHEN NOT i.is_live OR i.owner_id = p.user_id THEN NULL
          WHEN own.role = 'editor' OR inherited.role IS NULL THEN own.id
          WHEN inherited.role = 'editor' THEN inherited.id
          ELSE coalesce(own.id, inherited.id) END AS via
      FROM items i JOIN unnest(${users}::uuid[]) AS p (user_id)
        ON i.place = 1 OR p.user_id IS DISTINCT FROM ${topOnly ?? null}::uuid
      LEFT JOIN inherited ON inherited.start = i.parent_id AND inherited.user_id = p.user_id
      LEFT JOIN own ON own.file_id = i.id AND own.user_id = p.user_id
    ), found AS (
      SELECT due.user_id, due.file_id, due.role, due.via, due.place AS rank,
        CASE WHEN due.role IS NOT NULL THEN NULL WHEN due.is_gone THEN 'deleted'
          ELSE 'unshared' END AS reason
      FROM due LEFT JOIN LATERAL (
        SELECT a.role, a.via FROM access a
        WHERE a.user_id = due.user_id AND a.file_id = due.file_id OFFSET 0
      ) is_now ON true
      WHERE CASE WHEN due.role IS NULL THEN is_now.role IS NOT NULL
        ELSE ${always} OR due.own_id IS NOT NULL OR is_now.role IS DISTINCT FROM due.role
          OR is_now.via IS DISTINCT FROM due.via END
    )`;
  await writeFoundRows(tx, found, at);
}
