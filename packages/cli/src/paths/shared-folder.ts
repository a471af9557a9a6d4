import type { CallOptions, SharesApi } from '@valise/client';
import { nameKey, parseName, sharedName } from '@valise/core/names';
import type { File, SharedFile } from '@valise/core/wire';

/** What others have shared is found below this name, as long as nothing of one's own has it. */
export const SHARED_NAME = 'Shared with me';
/** Stands for that folder, which the server doesn't have. */
export const SHARED_ID = 'shared-with-me';

const NEVER = new Date(0).toISOString();

/** The folder as if it were one. */
export const SHARED_FOLDER: File = {
  id: SHARED_ID,
  kind: 'folder',
  name: SHARED_NAME,
  parentId: null,
  ownerId: SHARED_ID,
  role: 'viewer',
  size: 0,
  mimeType: null,
  fingerprint: null,
  status: 'uploaded',
  version: 1,
  executable: false,
  modifiedAt: NEVER,
  createdAt: NEVER,
  updatedAt: NEVER,
  createdBy: SHARED_ID,
  sharedRoot: false,
};

/**
 * What was shared, oldest first, each under the name that it has in a synced folder: the later of
 * two gets ` (<who shared it>)`.
 */
export async function listShared(
  shares: SharesApi,
  options: CallOptions,
): Promise<readonly SharedFile[]> {
  const names = new Set<string>();
  const taken = (name: string) => names.has(nameKey(name));
  return (await shares.sharedWithMe(options)).toSorted(byAge).map((file) => {
    const { sharedBy, kind } = file;
    const isFolder = kind === 'folder';
    const name = sharedName(parseName(file.name), { by: sharedBy.name, isFolder, taken });
    names.add(nameKey(name));
    return { ...file, name };
  });
}

function byAge(left: SharedFile, right: SharedFile): number {
  const order = Date.parse(left.sharedAt) - Date.parse(right.sharedAt);
  return order !== 0 ? order : left.id < right.id ? -1 : 1;
}
