import { isAppError } from '@valise/core/errors';
import type { FileId, ObjectId, UploadId } from '@valise/core/ids';
import type { Tx } from '../db/database.ts';
import { type CommitItem, LostNameRace } from './commit-content.ts';
import { commitPlain } from './commit-plain.ts';
import { commitUpload, type TreeMode } from './commit-upload.ts';
import type { UploadDeps } from './upload-deps.ts';
import { lockUploads } from './upload-store.ts';

/**
 * Commits uploads that have just been created and need no byte sent, in the creating transaction:
 * trees and objects are locked. Answers their files. Runs `inCommit`. Throws `NeedsExclusive` in
 * shared mode.
 */
export async function commitLinked(
  tx: Tx,
  deps: UploadDeps,
  {
    links,
    mode,
  }: {
    readonly links: readonly { readonly id: UploadId; readonly objectId: ObjectId }[];
    readonly mode: TreeMode;
  },
): Promise<ReadonlyMap<UploadId, FileId>> {
  if (links.length === 0) return new Map();
  const objectOf = new Map(links.map((link) => [link.id, link.objectId]));
  const rows = await lockUploads(tx, [...objectOf.keys()]);
  const items = rows.flatMap((row): CommitItem[] => {
    const objectId = objectOf.get(row.id);
    return objectId === undefined ? [] : [{ row, content: { kind: 'linked', objectId } }];
  });
  const { done, odd } = await commitPlain(tx, deps, items);
  const files = new Map(done.map((one) => [one.id, one.fileId]));
  for (const item of odd) {
    files.set(item.row.id, await commitOdd(tx, deps, { ...item, mode }));
  }
  return files;
}

/** That it may be put there was decided in this transaction: a refusal now is news of a moment. */
async function commitOdd(
  tx: Tx,
  deps: UploadDeps,
  item: CommitItem & { readonly mode: TreeMode },
): Promise<FileId> {
  try {
    return await commitUpload(tx, deps, item);
  } catch (cause) {
    throw isAppError(cause, 'name-taken') ? new LostNameRace('name-taken', { cause }) : cause;
  }
}
