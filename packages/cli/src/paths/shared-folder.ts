import type { CallOptions, SharesApi } from '@valise/client';
import { nameKey } from '@valise/core/names';
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

/** What was shared, each under a name of its own: the later of two gets ` (<who shared it>)`. */
export async function listShared(
  shares: SharesApi,
  options: CallOptions,
): Promise<readonly SharedFile[]> {
  const taken = new Set<string>();
  const files = [...(await shares.sharedWithMe(options))].reverse();
  return files.map((file) => {
    const name = firstFree(file, taken);
    taken.add(nameKey(name));
    return { ...file, name };
  });
}

function firstFree({ name, sharedBy }: SharedFile, taken: ReadonlySet<string>): string {
  const isFree = (candidate: string) => !taken.has(nameKey(candidate));
  if (isFree(name)) return name;
  const theirs = `${name} (${sharedBy.name.replaceAll('/', '-')})`;
  for (let n = 2, candidate = theirs; ; candidate = `${theirs} ${n++}`) {
    if (isFree(candidate)) return candidate;
  }
}
