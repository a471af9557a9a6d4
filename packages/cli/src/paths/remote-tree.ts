import type { ApiClient, CallOptions } from '@valise/client';
import { AppError, isAppError } from '@valise/core/errors';
import { type FileName, nameKey } from '@valise/core/names';
import type { File } from '@valise/core/wire';
import { formatRemotePath, type RemotePath } from './remote-path.ts';
import { listShared, SHARED_FOLDER, SHARED_ID, SHARED_NAME } from './shared-folder.ts';

/** `null` stands for the root, which is no file. */
export type FolderId = string | null;

/**
 * Finds things by path: the server knows ids only. Each folder is listed at most once and then
 * remembered; whoever changes something through here keeps that memory right, but what others
 * change meanwhile goes unseen. A name is found in any case and normalisation, as no two siblings
 * differ only in that. What others have shared is found below `Shared with me`.
 */
export interface RemoteTree {
  /** The file at `path`; null where there is none. The root has none: ask `folder`. */
  find(path: RemotePath): Promise<File | null>;
  /** Like `find`. Throws `file-not-found` with the path. */
  get(path: RemotePath): Promise<File>;
  /** A folder's id. Throws `file-not-found` or `not-a-folder` with the path. */
  folder(path: RemotePath): Promise<FolderId>;
  /** A folder's id, all missing ones on the way made. */
  ensureFolder(path: RemotePath): Promise<FolderId>;
  /** The folder `name` in `parent`, made if it is missing. Throws `not-a-folder` for another kind. */
  ensureChildFolder(parent: FolderId, name: FileName): Promise<{ file: File; made: boolean }>;
  findChild(parent: FolderId, name: string): Promise<File | null>;
  /** By name. */
  children(folder: FolderId): Promise<File[]>;
  remember(file: File): void;
  forget(file: File): void;
}

type Listing = Map<string, File>;

export function createRemoteTree(
  { files: api, shares }: Pick<ApiClient, 'files' | 'shares'>,
  options: CallOptions,
): RemoteTree {
  const known = new Map<FolderId, Listing>();
  const asked = new Map<FolderId, Promise<Listing>>();

  const ask = async (folder: FolderId): Promise<Listing> => {
    try {
      const files = await (folder === SHARED_ID
        ? listShared(shares, options)
        : api.children(folder, options));
      const listing = new Map(files.map((file) => [nameKey(file.name), file]));
      known.set(folder, listing);
      return listing;
    } finally {
      asked.delete(folder);
    }
  };
  const listing = (folder: FolderId): Listing | Promise<Listing> => {
    const there = known.get(folder) ?? asked.get(folder);
    if (there !== undefined) return there;
    const asking = ask(folder);
    asked.set(folder, asking);
    return asking;
  };
  const findChild = async (parent: FolderId, name: string) =>
    (await listing(parent)).get(nameKey(name)) ?? null;
  const findInRoot = async (name: FileName) => {
    const own = await findChild(null, name);
    return own ?? (nameKey(name) === nameKey(SHARED_NAME) ? SHARED_FOLDER : null);
  };
  const find = async (path: RemotePath) => {
    let found: File | null = null;
    for (const name of path) {
      if (found !== null && found.kind !== 'folder') return null;
      found = await (found === null ? findInRoot(name) : findChild(found.id, name));
      if (found === null) return null;
    }
    return found;
  };
  const get = async (path: RemotePath) => {
    const found = await find(path);
    if (found !== null) return found;
    throw new AppError('file-not-found', `There is no ${formatRemotePath(path)} on the server.`);
  };
  const remember = (file: File) => {
    known.get(placeOf(file))?.set(nameKey(file.name), file);
  };
  const makeFolder = async (parent: FolderId, name: FileName) => {
    const file = await api.createFolder({ name, parentId: parent }, options);
    known.set(file.id, new Map());
    remember(file);
    return file;
  };
  const ensureChildFolder = async (parent: FolderId, name: FileName) => {
    const there = await findChild(parent, name);
    if (there !== null) return { file: asFolder(there, [name]), made: false };
    try {
      return { file: await makeFolder(parent, name), made: true };
    } catch (error) {
      if (!isAppError(error, 'name-taken')) throw error;
      // Someone made it since it was listed.
      known.delete(parent);
      const made = await findChild(parent, name);
      if (made === null) throw error;
      return { file: asFolder(made, [name]), made: false };
    }
  };

  return {
    find,
    get,
    async folder(path) {
      if (path.length === 0) return null;
      const folder = asFolder(await get(path), path);
      if (folder.id !== SHARED_ID) return folder.id;
      throw new AppError('not-a-folder', `Only others put things directly into ${SHARED_NAME}.`);
    },
    async ensureFolder(path) {
      let id: FolderId = null;
      for (const [n, name] of path.entries()) {
        const shared = n === 0 && path.length > 1 ? await findInRoot(name) : null;
        id = shared === SHARED_FOLDER ? SHARED_ID : (await ensureChildFolder(id, name)).file.id;
      }
      return id;
    },
    ensureChildFolder,
    findChild,
    children: async (folder) => [...(await listing(folder)).values()],
    remember,
    forget(file) {
      known.get(placeOf(file))?.delete(nameKey(file.name));
    },
  };
}

function placeOf(file: File): FolderId {
  return file.sharedRoot ? SHARED_ID : file.parentId;
}

function asFolder(file: File, path: RemotePath): File {
  if (file.kind === 'folder') return file;
  throw new AppError('not-a-folder', `${formatRemotePath(path)} is a ${file.kind}, not a folder.`);
}
