/**
 * Where a content becomes a file's: one upload, every oddity (`commit-plain.ts` has the fast path
 * for many plain ones). All is judged now, under locks, not when the upload was begun:
 *
 *  - an ended upload answers what it ended in
 *  - begun for a file that was there: its next version; out of the trash if it lies there
 *  - begun for a new name: a new file; or, if something took the name meanwhile, that file's next
 *    version; a parent in the trash comes back with exactly its ancestors
 *  - what is overridden unseen is kept beside as a conflicted copy (`next-version.ts`)
 */
import { AppError } from '@valise/core/errors';
import type { FileId } from '@valise/core/ids';
import { sql } from 'kysely';
import { recordCreated } from '../changes/record-changes.ts';
import type { Tx } from '../db/database.ts';
import { ancestorIds, requireDepth } from '../tree/depth.ts';
import type { FileRow } from '../tree/file-row.ts';
import { findSiblings, lockFiles, updateFile } from '../tree/file-store.ts';
import { asParent } from '../tree/parent-folder.ts';
import { restoreAncestors } from '../tree/restore-ancestors.ts';
import { findRole } from '../tree/trashed-file.ts';
import { lockTrees } from '../tree/tree-locks.ts';
import { findVisible } from '../tree/visible-file.ts';
import { bringObjects, type CommitItem } from './commit-content.ts';
import { giveNextVersion } from './next-version.ts';
import { targetGone } from './result-files.ts';
import type { UploadDeps } from './upload-deps.ts';
import type { UploadRow } from './upload-row.ts';
import { markDone } from './upload-store.ts';

/** The trash has to be touched, for which the shared tree lock is not enough: begin again. */
export class NeedsExclusive extends Error {
  override readonly name = 'NeedsExclusive';
}

export type TreeMode = 'shared' | 'exclusive';

/**
 * The upload row is locked and pending. Throws `target-gone`, `file-not-found`, `forbidden`,
 * `name-taken`, `too-deep`; `NeedsExclusive` in shared mode.
 */
export async function commitUpload(
  tx: Tx,
  deps: UploadDeps,
  item: CommitItem & { readonly mode: TreeMode },
): Promise<FileId> {
  const { row, mode } = item;
  await lockTrees(tx, { [mode]: [row.ownerId] });
  const target = (await lockFiles(tx, [row.fileId])).get(row.fileId);
  if (target === undefined) throw targetGone();
  const fileId =
    target.status === 'uploading'
      ? await commitNew(tx, deps, { ...item, target })
      : await commitOnto(tx, deps, { ...item, target });
  await markDone(tx, [{ id: row.id, fileId }]);
  return fileId;
}

type Commit = CommitItem & { readonly mode: TreeMode; readonly target: FileRow };

async function commitOnto(tx: Tx, deps: UploadDeps, commit: Commit): Promise<FileId> {
  const { row, target } = commit;
  if (target.deletionId !== null) {
    await requireMayPut(tx, row, target.id);
    await restore(tx, deps, { mode: commit.mode, id: target.id });
    const restored = (await lockFiles(tx, [target.id])).get(target.id);
    if (restored === undefined) throw targetGone();
    return giveNextVersion(tx, deps, { ...commit, target: restored });
  }
  await requireMayPut(tx, row, target.id);
  return giveNextVersion(tx, deps, commit);
}

async function commitNew(tx: Tx, deps: UploadDeps, commit: Commit): Promise<FileId> {
  const { row, target } = commit;
  await requireParentAlive(tx, deps, commit);
  const place = { ownerId: row.ownerId, parentId: row.parentId };
  const there = (await findSiblings(tx, place, [row.nameKey])).get(row.nameKey);
  if (there === undefined) {
    // The folder may lie deeper now than when this was begun.
    requireDepth((await ancestorIds(tx, row.parentId)).length);
    return goLive(tx, deps, commit);
  }
  const winner = (await lockFiles(tx, [there.id])).get(there.id);
  if (winner?.kind !== 'file') {
    throw new AppError('name-taken', `A ${there.kind} called "${row.name}" is there already.`);
  }
  // It came after the upload was begun, so its author hasn't seen it, whatever its number says.
  const unseen = row.baseMode === 'version' ? { ...row, baseMode: 'none' as const } : row;
  const fileId = await giveNextVersion(tx, deps, { ...commit, row: unseen, target: winner });
  await sql`DELETE FROM files WHERE id = ${target.id} AND status = 'uploading'`.execute(tx);
  return fileId;
}

async function requireParentAlive(tx: Tx, deps: UploadDeps, commit: Commit): Promise<void> {
  const { row, mode } = commit;
  if (row.parentId === null) return;
  const visible = (await findVisible(tx, row.userId, [row.parentId])).get(row.parentId);
  if (visible !== undefined) {
    asParent(visible);
    return;
  }
  const { rows } = await sql<{ isTrashed: boolean }>`
    SELECT deletion_id IS NOT NULL AS "isTrashed" FROM files
    WHERE id = ${row.parentId}`.execute(tx);
  if (rows[0] === undefined) throw targetGone();
  await requireMayPut(tx, row, row.parentId);
  if (!rows[0].isTrashed) throw new AppError('forbidden', NO_LONGER);
  await restore(tx, deps, { mode, id: row.parentId });
}

const NO_LONGER = 'You may no longer put anything there.';

/** By the grants alone: what lies in the trash is brought back by whoever may change it. */
async function requireMayPut(tx: Tx, { userId }: UploadRow, id: FileId): Promise<void> {
  const role = await findRole(tx, userId, id);
  if (role === null || role === 'viewer') throw new AppError('forbidden', NO_LONGER);
}

async function restore(
  tx: Tx,
  deps: UploadDeps,
  { mode, id }: { readonly mode: TreeMode; readonly id: FileId },
): Promise<void> {
  if (mode === 'shared') throw new NeedsExclusive();
  await restoreAncestors(tx, id, deps.ambient.now());
}

/** An insert in all but name: `files_live_name` may refuse it, then the whole is repeated. */
async function goLive(tx: Tx, deps: UploadDeps, commit: Commit): Promise<FileId> {
  const { row, target } = commit;
  const at = deps.ambient.now();
  const [objectId] = await bringObjects(tx, deps.ambient, [commit]);
  await updateFile(tx, target.id, {
    status: 'uploaded',
    deletionId: null,
    ...(objectId === undefined ? {} : { objectId }),
    size: row.size,
    mimeType: row.mimeType,
    executable: row.executable,
    modifiedAt: row.modifiedAt ?? at,
    version: 1,
    versionUserId: row.userId,
    versionDeviceId: row.deviceId,
    versionAt: at,
    updatedAt: at,
  });
  const { id, ownerId } = target;
  await recordCreated(tx, [{ id, ownerId, parentId: row.parentId }], at);
  return id;
}
