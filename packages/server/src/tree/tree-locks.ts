import type { UserId } from '@valise/core/ids';
import { sql } from 'kysely';
import type { Tx } from '../db/database.ts';

export interface TreeLocks {
  /** For content and creation: many at a time. */
  readonly shared?: readonly UserId[];
  /** For move, rename, delete, restore, grant: alone. Wins where an owner is in both. */
  readonly exclusive?: readonly UserId[];
}

/**
 * Locks the trees of these owners until the transaction ends: the first thing that a transaction
 * does which changes them. The locks are taken in one order everywhere, so they can't deadlock
 * among themselves; a second call in one transaction would break that, upgrades included. What
 * was read before the locks were held may be stale: read it again.
 */
export async function lockTrees(tx: Tx, { shared = [], exclusive = [] }: TreeLocks): Promise<void> {
  const alone = new Set(exclusive);
  const owners = [...new Set([...shared, ...exclusive])].sort();
  if (owners.length === 0) return;
  // unnest yields rows in array order, and the locks are taken row by row.
  await sql`
    SELECT CASE WHEN t.alone
      THEN pg_advisory_xact_lock(hashtextextended('tree:' || t.owner, 0))
      ELSE pg_advisory_xact_lock_shared(hashtextextended('tree:' || t.owner, 0))
    END
    FROM unnest(${owners}::text[], ${owners.map((owner) => alone.has(owner))}::boolean[])
      AS t (owner, alone)`.execute(tx);
}
