import type { ApiClient } from '@valise/client';
import { isAppError } from '@valise/core/errors';
import { nameKey } from '@valise/core/names';
import type { File as StoredFile } from '@valise/core/wire';

type Siblings = Map<string, StoredFile>;

/**
 * The folders that a batch goes into: made where they are missing, each once, and looked into where
 * they were there before, to see which names are taken.
 */
export class FolderTree {
  readonly #api: Pick<ApiClient, 'files'>;
  readonly #folders = new Map<string, Promise<string | null>>();
  readonly #siblings = new Map<string | null, Promise<Siblings>>();
  readonly #onMade: (folder: StoredFile) => void;

  constructor(api: Pick<ApiClient, 'files'>, onMade: (folder: StoredFile) => void) {
    this.#api = api;
    this.#onMade = onMade;
  }

  /** The id of the folder at `path` below `parentId`. */
  folderAt(parentId: string | null, path: readonly string[]): Promise<string | null> {
    const name = path.at(-1);
    if (name === undefined) return Promise.resolve(parentId);
    const key = `${parentId ?? ''}/${path.map(nameKey).join('/')}`;
    let folder = this.#folders.get(key);
    if (folder === undefined) {
      folder = this.folderAt(parentId, path.slice(0, -1)).then((above) => this.#make(above, name));
      this.#folders.set(key, folder);
      // Another batch may try again.
      folder.catch(() => this.#folders.delete(key));
    }
    return folder;
  }

  /** What is in a folder, by name key. */
  siblingsIn(folderId: string | null): Promise<Siblings> {
    let siblings = this.#siblings.get(folderId);
    if (siblings === undefined) {
      siblings = this.#api.files
        .children(folderId, { patient: true })
        .then((files) => new Map(files.map((file) => [nameKey(file.name), file])));
      this.#siblings.set(folderId, siblings);
    }
    return siblings;
  }

  async #make(parentId: string | null, name: string): Promise<string> {
    try {
      const folder = await this.#api.files.createFolder({ name, parentId }, { patient: true });
      this.#siblings.set(folder.id, Promise.resolve(new Map()));
      this.#onMade(folder);
      return folder.id;
    } catch (error) {
      if (!isAppError(error, 'name-taken')) throw error;
      const there = (await this.siblingsIn(parentId)).get(nameKey(name));
      if (there?.kind === 'folder') return there.id;
      throw error;
    }
  }
}

/** `name (2).txt`, the first that nobody has. */
export function freeName(name: string, isTaken: (key: string) => boolean): string {
  const [, stem = name, ending = ''] = /^(.+?)(\.[^.]{1,16})?$/s.exec(name) ?? [];
  for (let number = 2; ; number++) {
    const candidate = `${stem} (${number})${ending}`;
    if (!isTaken(nameKey(candidate))) return candidate;
  }
}
