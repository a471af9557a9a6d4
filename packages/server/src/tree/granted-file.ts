import type { FileId, UserId } from '@valise/core/ids';
import { sql } from 'kysely';
import type { Db, Tx } from '../db/database.ts';
import { roleOf } from './role-of.ts';
import {
  joinContent,
  toVisibleFile,
  type VisibleColumns,
  type VisibleFile,
  visibleColumns,
} from './visible-file.ts';

/**
 * The files among `ids` in which this person has a role by the tree and the grants, those in the
 * trash too: wider than what they are shown (`findVisible`, `findTrashed`). One key lookup after the
 * other, as there.
 */
export async function findGranted(
  db: Db | Tx,
  userId: UserId,
  ids: readonly FileId[],
): Promise<Map<FileId, VisibleFile>> {
  if (ids.length === 0) return new Map();
  const { rows } = await sql<VisibleColumns>`
    SELECT ${visibleColumns(sql`r.role`, userId)},
      d.deleted_at AS "deletedAt", d.deleted_by AS "deletedBy"
    FROM unnest(${[...new Set(ids)]}::uuid[]) AS wanted (id)
    CROSS JOIN LATERAL (SELECT * FROM files WHERE files.id = wanted.id OFFSET 0) f
    CROSS JOIN LATERAL (SELECT ${roleOf(userId, 'f')} AS role OFFSET 0) r
    ${joinContent} LEFT JOIN deletions d ON d.id = f.deletion_id
    WHERE r.role IS NOT NULL`.execute(db);
  return new Map(rows.map((row) => [row.id, toVisibleFile(row)]));
}
