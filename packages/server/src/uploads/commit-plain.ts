import { isAppError } from '@valise/core/errors';
import type { FileId, ObjectId, UserId } from '@valise/core/ids';
import { sql } from 'kysely';
import { recordCreated } from '../changes/record-changes.ts';
import type { Tx } from '../db/database.ts';
import { lockFiles } from '../tree/file-store.ts';
import { bringObjects, type CommitItem } from './commit-content.ts';
import { unnestRows } from './unnest-rows.ts';
import type { UploadDeps } from './upload-deps.ts';
import { findPlaces } from './upload-place.ts';
import { markDone, type UploadResult } from './upload-store.ts';

/**
 * Commits what is plain, in a handful of statements however many: new files, in folders that are
 * there, under names that nothing holds. Whatever is not stays as it is and is answered as odd,
 * for `commitUpload`. The upload rows and the trees are locked, the items are one person's.
 */
export async function commitPlain(
  tx: Tx,
  deps: UploadDeps,
  items: readonly CommitItem[],
): Promise<{ readonly done: readonly UploadResult[]; readonly odd: readonly CommitItem[] }> {
  const first = items[0];
  if (first === undefined) return { done: [], odd: [] };
  const caller = { userId: first.row.userId, deviceId: first.row.deviceId };
  const rows = items.map((item) => item.row);
  const files = await lockFiles(
    tx,
    rows.map((row) => row.fileId),
  );
  const places = await findPlaces(tx, caller, rows);
  const names = new Set<string>();

  const isPlain = ({ row }: CommitItem): boolean => {
    const file = files.get(row.fileId);
    const place = places.get(row.parentId);
    if (file?.status !== 'uploading' || file.deletionId !== null) return false;
    if (place === undefined || isAppError(place) || place.siblings.has(row.nameKey)) return false;
    if (place.folder.ownerId !== row.ownerId || row.userId !== caller.userId) return false;
    const name = `${row.parentId}/${row.nameKey}`;
    const isFirst = !names.has(name);
    names.add(name);
    return isFirst;
  };
  const { plain = [], odd = [] } = Object.groupBy(items, (item) =>
    isPlain(item) ? 'plain' : 'odd',
  );
  if (plain.length === 0) return { done: [], odd };
  const objects = await bringObjects(tx, deps.ambient, plain);
  await makeLive(tx, plain, { objects, at: deps.ambient.now() });
  const done = plain.map(({ row }) => ({ id: row.id, fileId: row.fileId }));
  await markDone(tx, done);
  return { done, odd };
}

interface LiveFile {
  readonly item: CommitItem;
  readonly objectId: ObjectId | undefined;
}

async function makeLive(
  tx: Tx,
  items: readonly CommitItem[],
  { objects, at }: { readonly objects: readonly ObjectId[]; readonly at: Date },
): Promise<void> {
  const files: LiveFile[] = items.map((item, index) => ({ item, objectId: objects[index] }));
  const { rows } = await sql<{ id: FileId; ownerId: UserId; parentId: FileId | null }>`
    UPDATE files SET status = 'uploaded', object_id = t.object_id, size = t.size,
      mime_type = t.mime_type, executable = t.executable,
      modified_at = coalesce(t.modified_at, ${at}), version = 1, version_user_id = t.user_id,
      version_device_id = t.device_id, version_at = ${at}, updated_at = ${at}
    FROM ${unnestRows(files, {
      id: ['uuid', ({ item }) => item.row.fileId],
      object_id: ['uuid', ({ objectId }) => objectId],
      size: ['bigint', ({ item }) => item.row.size],
      mime_type: ['text', ({ item }) => item.row.mimeType],
      executable: ['boolean', ({ item }) => item.row.executable],
      modified_at: ['timestamptz', ({ item }) => item.row.modifiedAt],
      user_id: ['uuid', ({ item }) => item.row.userId],
      device_id: ['uuid', ({ item }) => item.row.deviceId],
    })}
    WHERE files.id = t.id
    RETURNING files.id, files.owner_id AS "ownerId", files.parent_id AS "parentId"`.execute(tx);
  await recordCreated(tx, rows, at);
}
