import { AppError } from '@valise/core/errors';
import type { FileId } from '@valise/core/ids';
import { MAX_DEPTH } from '@valise/core/names';
import { sql } from 'kysely';
import type { Db, Tx } from '../db/database.ts';

/**
 * From this file up to its root, itself first. One more than is legal shows a cycle or excess.
 * OFFSET 0 makes it a key lookup per level: without statistics the whole table would be read.
 */
export async function ancestorIds(db: Db | Tx, id: FileId | null): Promise<readonly FileId[]> {
  if (id === null) return [];
  const { rows } = await sql<{ id: FileId }>`
    WITH RECURSIVE up (id, parent_id, level) AS (
      SELECT f.id, f.parent_id, 1 FROM files f WHERE f.id = ${id}
      UNION ALL
      SELECT f.id, f.parent_id, up.level + 1 FROM up CROSS JOIN LATERAL (
        SELECT files.id, files.parent_id FROM files WHERE files.id = up.parent_id OFFSET 0
      ) f WHERE up.level <= ${MAX_DEPTH}
    ) SELECT id FROM up ORDER BY level`.execute(db);
  return rows.map((row) => row.id);
}

/** Throws `too-deep` when `height` levels don't fit below what has `levelsAbove` levels. */
export function requireDepth(levelsAbove: number, height = 1): void {
  if (levelsAbove + height <= MAX_DEPTH) return;
  throw new AppError('too-deep', `Folders nest at most ${MAX_DEPTH} levels deep.`);
}
