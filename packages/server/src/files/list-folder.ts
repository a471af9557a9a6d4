import { AppError } from '@valise/core/errors';
import type { FileId } from '@valise/core/ids';
import type { Caller } from '../http/app.ts';
import { requireVisible, type VisibleFile } from '../tree/visible-file.ts';
import { type ChildrenQuery, type Listed, listChildren } from './children-store.ts';
import type { FileDeps } from './file-deps.ts';
import type { Page } from './page-cursor.ts';

/**
 * What is in a folder, or for null in the caller's own root. Throws `file-not-found`,
 * `not-a-folder`, `bad-cursor`.
 */
export async function listFolder(
  deps: FileDeps,
  caller: Caller,
  { id, ...query }: ChildrenQuery & { readonly id: FileId | null },
): Promise<Page<VisibleFile>> {
  return listChildren(deps.db, await toListed(deps, caller, id), query);
}

async function toListed({ db }: FileDeps, { userId }: Caller, id: FileId | null): Promise<Listed> {
  if (id === null) return { id, ownerId: userId, userId, role: 'owner' };
  const { row, role } = await requireVisible(db, userId, id);
  if (row.kind === 'folder') return { id, ownerId: row.ownerId, userId, role };
  throw new AppError('not-a-folder', `${id} is a ${row.kind}, not a folder.`);
}
