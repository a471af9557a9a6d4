import type { ObjectId } from '@valise/core/ids';
import { sql } from 'kysely';
import type { Tx } from '../db/database.ts';

/**
 * Keeps the collector from condemning these objects until the transaction ends, by which time
 * the caller's own rows name them. Only live objects may be linked: what a live file names is.
 */
export async function keepObjects(tx: Tx, objects: Iterable<ObjectId | null>): Promise<void> {
  const ids = [...new Set(objects)].filter((id) => id !== null);
  if (ids.length === 0) return;
  const { rows } = await sql`
    SELECT FROM objects WHERE id = ANY(${ids}::uuid[]) AND state = 'live'
    ORDER BY id FOR SHARE`.execute(tx);
  if (rows.length < ids.length) throw new Error('A live file names a condemned object.');
}
