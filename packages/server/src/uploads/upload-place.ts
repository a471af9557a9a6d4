import { AppError, isAppError } from '@valise/core/errors';
import type { FileId } from '@valise/core/ids';
import type { Tx } from '../db/database.ts';
import type { Role } from '../db/tables.ts';
import type { Caller } from '../http/app.ts';
import { ancestorIds, requireDepth } from '../tree/depth.ts';
import type { FileRow } from '../tree/file-row.ts';
import { findSiblings } from '../tree/file-store.ts';
import { asParent, type ParentFolder } from '../tree/parent-folder.ts';
import { findVisible } from '../tree/visible-file.ts';

/** A folder that uploads go to, with what already lives there under their names. */
export interface UploadPlace {
  readonly folder: ParentFolder;
  readonly role: Role;
  readonly siblings: ReadonlyMap<string, FileRow>;
}

/**
 * Looks up every folder once, however many uploads go there. What is wrong with a folder stands
 * at its place as the error that each of its uploads gets.
 */
export async function findPlaces(
  tx: Tx,
  caller: Caller,
  uploads: readonly { readonly parentId: FileId | null; readonly nameKey: string }[],
): Promise<ReadonlyMap<FileId | null, UploadPlace | AppError>> {
  const byParent = Map.groupBy(uploads, (upload) => upload.parentId);
  const ids = [...byParent.keys()].filter((id) => id !== null);
  const visible = await findVisible(tx, caller.userId, ids);
  const places = new Map<FileId | null, UploadPlace | AppError>();
  for (const [id, those] of byParent) {
    try {
      const found = id === null ? undefined : visible.get(id);
      if (id !== null && found === undefined) {
        throw new AppError('file-not-found', `There is no folder ${id}.`, {
          details: { field: 'parentId' },
        });
      }
      const folder = found === undefined ? { id: null, ownerId: caller.userId } : asParent(found);
      if (id !== null) requireDepth((await ancestorIds(tx, id)).length);
      const place = { ownerId: folder.ownerId, parentId: folder.id };
      const keys = [...new Set(those.map((upload) => upload.nameKey))];
      const siblings = await findSiblings(tx, place, keys);
      places.set(id, { folder, role: found?.role ?? 'owner', siblings });
    } catch (error) {
      if (!isAppError(error)) throw error;
      places.set(id, error);
    }
  }
  return places;
}
