import { AppError } from '@valise/core/errors';
import type { FileName } from '@valise/core/names';
import type { File } from '@valise/core/wire';
import type { FolderId, RemoteTree } from '../paths/remote-tree.ts';

export interface RemotePlace {
  readonly parentId: FolderId;
  readonly name: FileName;
}

/**
 * The remote twins of the local folders of one walk. A folder is found or made when it is first
 * announced; whatever lies in it waits for that.
 */
export interface RemoteFolders {
  /** Throws what the server says against it. `file` is null for the content of a nameless start. */
  ensure(
    names: readonly FileName[],
  ): Promise<{ readonly file: File | null; readonly made: boolean }>;
  /** Where an entry goes; null: the folder above could not be made, which was told already. */
  place(names: readonly FileName[]): Promise<RemotePlace | null>;
}

export interface RemoteFoldersOptions {
  readonly tree: RemoteTree;
  /** Where the walk's start goes. */
  readonly base: FolderId;
  /** What it is called there; null: its content goes straight into `base`. */
  readonly name: FileName | null;
}

export function createRemoteFolders({ tree, base, name }: RemoteFoldersOptions): RemoteFolders {
  const ids = new Map<string, Promise<{ readonly id: FolderId } | null>>();
  const keyOf = (names: readonly FileName[]) => names.join('/');

  const place = async (names: readonly FileName[]) => {
    const own = names.at(-1);
    if (own === undefined) return name === null ? null : { parentId: base, name };
    const parent = await ids.get(keyOf(names.slice(0, -1)));
    if (parent === undefined) throw new Error('A folder comes before what lies in it.');
    return parent === null ? null : { parentId: parent.id, name: own };
  };
  const ensureAt = async (names: readonly FileName[]) => {
    const at = await place(names);
    if (at !== null) return tree.ensureChildFolder(at.parentId, at.name);
    throw new AppError('file-not-found', 'The folder above could not be made.');
  };
  return {
    place,
    ensure(names) {
      if (names.length === 0 && name === null) {
        ids.set('', Promise.resolve({ id: base }));
        return Promise.resolve({ file: null, made: false });
      }
      const ensured = ensureAt(names);
      const id = ensured.then(
        ({ file }) => ({ id: file.id }),
        () => null,
      );
      ids.set(keyOf(names), id);
      return ensured;
    },
  };
}
