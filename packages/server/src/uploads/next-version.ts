import type { FileId, ObjectId } from '@valise/core/ids';
import { conflictedCopyName, type FileName } from '@valise/core/names';
import { sql } from 'kysely';
import { recordChanged, recordCreated } from '../changes/record-changes.ts';
import type { Tx } from '../db/database.ts';
import type { StoreRemovalId } from '../db/tables.ts';
import type { FileRow } from '../tree/file-row.ts';
import { insertFiles, updateFile } from '../tree/file-store.ts';
import { firstFreeName } from '../tree/sibling-name.ts';
import { bringObjects, type CommitItem } from './commit-content.ts';
import { findObject, type ObjectRow, supersede } from './object-rows.ts';
import { sameContent } from './same-content.ts';
import { addRemovals, addRemovalsSoon } from './store-removals.ts';
import type { UploadDeps } from './upload-deps.ts';
import type { UploadRow } from './upload-row.ts';

type Commit = CommitItem & { readonly target: FileRow };

/**
 * Gives a locked, live file the upload's content. Equal content is no news: a repeated upload
 * changes at most the file's mode and time. (Fingerprints are claims: only one's own earlier
 * content is kept instead of the new one; equal content of others is replaced, though never a
 * conflict.) Otherwise what the author had not seen stays beside it as a conflicted copy.
 */
export async function giveNextVersion(tx: Tx, deps: UploadDeps, commit: Commit): Promise<FileId> {
  const { row, target, content } = commit;
  const at = deps.ambient.now();
  const current = target.objectId === null ? null : await findObject(tx, target.objectId);
  const isLinkedAlready = content.kind === 'linked' && content.objectId === target.objectId;
  const isEqual = isLinkedAlready || (current !== null && sameContent(current, row));
  if (isLinkedAlready || (isEqual && current?.uploaderId === row.userId)) {
    await touch(tx, deps, commit);
    return target.id;
  }
  const past = target.objectId;
  if (past !== null && !isEqual && overridesUnseen(row, target)) {
    await keepCopy(tx, deps, { row, target, current });
  }
  const [objectId] = await bringObjects(tx, deps.ambient, [commit]);
  await updateFile(tx, target.id, {
    ...contentFields(row, at),
    ...(objectId === undefined ? {} : { objectId }),
    version: target.version + 1,
    versionUserId: row.userId,
    versionDeviceId: row.deviceId,
    versionAt: at,
  });
  if (past !== null) await release(tx, target, past);
  await recordChanged(tx, [target.id], at);
  return target.id;
}

function contentFields(row: UploadRow, at: Date) {
  const { size, mimeType, executable } = row;
  return { size, mimeType, executable, modifiedAt: row.modifiedAt ?? at, updatedAt: at };
}

function release(tx: Tx, { id: fileId, version }: FileRow, objectId: ObjectId): Promise<void> {
  return supersede(tx, { fileId, version, objectId });
}

/** `baseVersion` as the contract has it: absent, anything may be replaced. */
function overridesUnseen(row: UploadRow, target: FileRow): boolean {
  switch (row.baseMode) {
    case 'any':
      return false;
    case 'none':
      return true;
    case 'version':
      return row.baseVersion !== target.version;
  }
}

async function touch(tx: Tx, deps: UploadDeps, { row, target, content }: Commit): Promise<void> {
  const at = deps.ambient.now();
  if (content.kind === 'stored') {
    const newId = () => deps.ambient.newId<StoreRemovalId>();
    const { store, objectKey } = row;
    await addRemovalsSoon(tx, [{ id: newId(), store, objectKey, storeUploadId: null }]);
    await addRemovals(tx, [{ id: newId(), store, objectKey, storeUploadId: null }]);
  }
  const isSame =
    row.executable === target.executable &&
    row.mimeType === target.mimeType &&
    (row.modifiedAt === null || row.modifiedAt.getTime() === target.modifiedAt.getTime());
  if (isSame) return;
  const modifiedAt = row.modifiedAt ?? target.modifiedAt;
  await updateFile(tx, target.id, { ...contentFields(row, at), modifiedAt });
  await recordChanged(tx, [target.id], at);
}

/** The overridden content as a file of its own, named after whose version it was. */
async function keepCopy(
  tx: Tx,
  deps: UploadDeps,
  conflict: {
    readonly row: UploadRow;
    readonly target: FileRow;
    readonly current: ObjectRow | null;
  },
): Promise<void> {
  const { row, target } = conflict;
  const at = deps.ambient.now();
  const by = await authorName(tx, row, target);
  const place = { id: target.parentId, ownerId: target.ownerId };
  const id = deps.ambient.newId<FileId>();
  const { requestHash: _, nameKey: __, deletionId: ___, ...rest } = target;
  for (;;) {
    const name: FileName = await firstFreeName(tx, place, (taken) =>
      conflictedCopyName(target.name, { by, date: at, taken }),
    );
    const author = target.versionUserId ?? target.createdBy;
    const copy = { ...rest, id, name, createdBy: author, version: 1, createdAt: at, updatedAt: at };
    const inserted = await insertFiles(tx, [copy]);
    // Someone else may have taken the name since we looked.
    if (inserted.has(id)) break;
  }
  await recordCreated(tx, [{ id, parentId: target.parentId, ownerId: target.ownerId }], at);
}

async function authorName(tx: Tx, row: UploadRow, target: FileRow): Promise<string> {
  const author = target.versionUserId ?? target.createdBy;
  const { rows } = await sql<{ person: string; device: string | null }>`
    SELECT u.name AS person, d.name AS device
    FROM users u LEFT JOIN devices d ON d.id = ${target.versionDeviceId}
    WHERE u.id = ${author}`.execute(tx);
  const { person = '', device = null } = rows[0] ?? {};
  return author === row.userId ? (device ?? person) : person;
}
