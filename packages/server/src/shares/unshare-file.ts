import { AppError } from '@valise/core/errors';
import type { FileId, UserId } from '@valise/core/ids';
import { sql } from 'kysely';
import { inTransaction, type Tx } from '../db/database.ts';
import { fanoutLimits } from '../fanout/fanout-limits.ts';
import { refreshTree } from '../fanout/refresh-tree.ts';
import type { Caller } from '../http/app.ts';
import { firstOfSubtree } from '../tree/subtree.ts';
import { findRole } from '../tree/trashed-file.ts';
import { lockTrees } from '../tree/tree-locks.ts';
import { findVisible, type VisibleFile } from '../tree/visible-file.ts';
import { dropGrant } from './grant-store.ts';
import type { ShareDeps } from './share-deps.ts';

export interface EndedShare {
  readonly id: FileId;
  readonly userId: UserId;
}

/**
 * Ends someone's share of a file: its owner may, and whom it was shared with. What they have by
 * other ways stays. Ending what isn't there changes nothing and succeeds. Throws
 * `file-not-found`, `forbidden`; `invalid-value` for what comes from a folder above alone.
 */
export async function unshareFile(
  deps: ShareDeps,
  caller: Caller,
  share: EndedShare,
): Promise<void> {
  const { id, userId } = share;
  await inTransaction(deps.db, async (tx) => {
    const seen = await requireMayEnd(tx, caller, share);
    if (seen === null) return;
    const { ownerId } = seen.row;
    await lockTrees(tx, { exclusive: [ownerId] });
    if ((await dropGrant(tx, id, userId)) === null) {
      await refuseInherited(tx, seen, userId);
      return;
    }
    const files = await firstOfSubtree(tx, id, fanoutLimits.rowsAtOnce);
    const at = deps.ambient.now();
    await refreshTree(tx, { ownerId, topId: id, files, users: [userId], topOnly: ownerId, at });
  });
}

/** Null when the caller has left already, or lost it otherwise. */
async function requireMayEnd(
  tx: Tx,
  caller: Caller,
  { id, userId }: EndedShare,
): Promise<VisibleFile | null> {
  const file = (await findVisible(tx, caller.userId, [id])).get(id);
  if (file === undefined) {
    if (userId === caller.userId && (await hadIt(tx, caller, id))) return null;
    throw new AppError('file-not-found', `There is no file ${id}.`);
  }
  if (file.role !== 'owner' && userId !== caller.userId) {
    throw new AppError('forbidden', 'Only the owner can take it from others. You can leave it.');
  }
  return file;
}

async function hadIt(tx: Tx, { userId }: Caller, id: FileId): Promise<boolean> {
  const { rows } = await sql`
    SELECT FROM access WHERE user_id = ${userId} AND file_id = ${id}`.execute(tx);
  return rows.length > 0;
}

/** To succeed would say that they lost it. */
async function refuseInherited(tx: Tx, { row }: VisibleFile, userId: UserId): Promise<void> {
  if (row.ownerId === userId || (await findRole(tx, userId, row.id)) === null) return;
  throw new AppError(
    'invalid-value',
    'This was not shared by itself but with a folder above. End the share of that folder, or ' +
      'move this out of it.',
    { details: { field: 'userId' } },
  );
}
