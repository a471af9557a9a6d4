import type { FileId } from '@valise/core/ids';
import type { Share, ShareRole } from '@valise/core/wire';
import { type Db, inTransaction, type Tx } from '../db/database.ts';
import { fanoutLimits } from '../fanout/fanout-limits.ts';
import { refreshTree } from '../fanout/refresh-tree.ts';
import type { Caller } from '../http/app.ts';
import { firstOfSubtree } from '../tree/subtree.ts';
import { lockTrees } from '../tree/tree-locks.ts';
import { requireRole, requireUploaded, requireVisible } from '../tree/visible-file.ts';
import { findPeople } from './find-people.ts';
import { putGrants, readShares } from './grant-store.ts';
import type { ShareDeps } from './share-deps.ts';

export interface NewShare {
  readonly id: FileId;
  /** E-mail addresses or user ids. */
  readonly users: readonly string[];
  readonly role: ShareRole;
}

/**
 * Shares a file, or a folder with all below it now and later; a second share changes the role. The
 * owner's other devices hear of the file, for it tells how many it is shared with.
 * Answers the shares of those named. Throws `file-not-found`, `forbidden`, `not-uploaded` and what
 * `findPeople` throws.
 */
export async function shareFile(
  deps: ShareDeps,
  caller: Caller,
  { id, users, role }: NewShare,
): Promise<readonly Share[]> {
  const { userId } = caller;
  // First of all: who has nothing to share has no reason to try addresses.
  await requireOwn(deps.db, caller, id);
  const userIds = await findPeople(deps, caller, users);
  return inTransaction(deps.db, async (tx) => {
    await lockTrees(tx, { exclusive: [userId] });
    await requireOwn(tx, caller, id);
    const at = deps.ambient.now();
    const { changed, lowered } = await putGrants(tx, { fileId: id, userIds, role, by: userId, at });
    const limit = Math.floor(fanoutLimits.rowsAtOnce / Math.max(1, changed.length));
    await refreshTree(tx, {
      ownerId: userId,
      topId: id,
      files: changed.length === 0 ? [] : await firstOfSubtree(tx, id, limit),
      users: changed,
      topOnly: userId,
      lost: lowered,
      at,
    });
    return readShares(tx, id, userIds);
  });
}

async function requireOwn(db: Db | Tx, { userId }: Caller, id: FileId): Promise<void> {
  const file = await requireVisible(db, userId, id);
  requireRole(file, 'owner');
  requireUploaded(file);
}
