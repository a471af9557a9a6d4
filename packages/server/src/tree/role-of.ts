import type { UserId } from '@valise/core/ids';
import { MAX_DEPTH } from '@valise/core/names';
import { type RawBuilder, sql } from 'kysely';
import type { Role } from '../db/tables.ts';

/*
 * What a person may do with a file follows from the tree and the grants alone; `access` is that
 * truth flattened, and may lag behind it. A row is believed as long as it names a live, settled
 * grant: two key lookups. Otherwise (revoked, just moved, not filled in yet) the ancestors are
 * walked, a key lookup each. So a revocation counts from its commit on, whatever rows remain.
 *
 * Spelled as scalar subqueries, one key lookup after the other: without statistics, as in a new
 * installation, the planner would read whole tables for joins.
 */

/** A person, or the column that holds one. */
type Person = UserId | RawBuilder<UserId>;

/** The role in the row called `alias` (of `files`), in the trash or not; null is none. */
export function roleOf(userId: Person, alias: string): RawBuilder<Role | null> {
  const file = (column: string) => sql.ref(`${alias}.${column}`);
  return sql`CASE WHEN ${file('owner_id')} = ${userId} THEN 'owner' ELSE coalesce((
    SELECT g.role FROM grants g WHERE g.unsettled = 0 AND g.user_id = ${userId} AND g.id = (
      SELECT a.via FROM access a
      WHERE a.user_id = ${userId} AND a.file_id = ${file('id')} AND a.role IS NOT NULL
    )
  ), ${grantedAbove(userId, alias)}) END`;
}

/** The strongest grant on the file or above it. */
function grantedAbove(userId: Person, alias: string): RawBuilder<Role | null> {
  const file = (column: string) => sql.ref(`${alias}.${column}`);
  return sql`(
    WITH RECURSIVE up (id, parent_id, level) AS (
      SELECT ${file('id')}, ${file('parent_id')}, 1
      UNION ALL
      SELECT above.id, above.parent_id, up.level + 1 FROM up CROSS JOIN LATERAL (
        SELECT p.id, p.parent_id FROM files p WHERE p.id = up.parent_id OFFSET 0
      ) above WHERE up.level <= ${MAX_DEPTH}
    )
    SELECT g.role FROM up CROSS JOIN LATERAL (
      SELECT role FROM grants WHERE file_id = up.id AND user_id = ${userId} OFFSET 0
    ) g ORDER BY g.role = 'editor' DESC LIMIT 1
  )`;
}

/**
 * Whether the row called `alias` has a parent that this person can't see. Whoever sees a file but
 * not its folder has been given the file itself: others needn't look at the folder.
 */
export function isSharedRoot(userId: Person, alias: string): RawBuilder<boolean> {
  const file = (column: string) => sql.ref(`${alias}.${column}`);
  return sql`CASE
    WHEN ${file('parent_id')} IS NULL OR ${file('owner_id')} = ${userId} THEN false
    WHEN (
      SELECT true FROM grants WHERE file_id = ${file('id')} AND user_id = ${userId}
    ) IS NULL THEN false
    ELSE (
      SELECT ${roleOf(userId, 'parent')} FROM files parent WHERE parent.id = ${file('parent_id')}
    ) IS NULL END`;
}
