import { type RawBuilder, sql } from 'kysely';

/**
 * FROM access rows, called `a`, with what is told of them: their live grant `ag`, file `f`, its
 * object `o`, the parent's access row `p` and that one's grant `pg`; null where there is none.
 *
 * One key lookup after the other for each row: OFFSET 0 keeps the planner from reading whole
 * tables, which it prefers while they have no statistics. That the file is live is asked outside, for
 * inside it invites an index of live files, all of which would be read for each row.
 */
export function joinedTo(accessRows: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`
    FROM (${accessRows}) a
    LEFT JOIN LATERAL (
      SELECT id, role FROM grants WHERE grants.id = a.via AND grants.unsettled = 0 OFFSET 0
    ) ag ON true
    LEFT JOIN LATERAL (
      SELECT * FROM files WHERE files.id = a.file_id AND a.role IS NOT NULL OFFSET 0
    ) f ON f.status = 'uploaded' AND f.deletion_id IS NULL
    LEFT JOIN LATERAL (
      SELECT recipe, fingerprint, stored_size, content_encoding FROM objects
      WHERE objects.id = f.object_id OFFSET 0
    ) o ON true
    LEFT JOIN LATERAL (
      SELECT role, via, seq FROM access p
      WHERE p.user_id = a.user_id AND p.file_id = f.parent_id AND p.role IS NOT NULL OFFSET 0
    ) p ON true
    LEFT JOIN LATERAL (
      SELECT id FROM grants WHERE grants.id = p.via AND grants.unsettled = 0 OFFSET 0
    ) pg ON true`;
}

/** Whether the row, having a role, can be believed; else the tree must be asked. */
export const isGranted = sql<boolean>`(a.role = 'owner' OR ag.id IS NOT NULL)`;
export const isParentGranted = sql<boolean>`(p.role = 'owner' OR pg.id IS NOT NULL)`;
