import type { ApiClient, CallOptions } from '@valise/client';
import { AppError, isAppError } from '@valise/core/errors';
import { nameKey } from '@valise/core/names';
import type { File } from '@valise/core/wire';
import { formatRemotePath, type RemotePath } from './remote-path.ts';

/** Finds what lies in the trash by the path that it had. */
export interface TrashIndex {
  /** The id of the newest item that was at `path`. Each is answered once. Throws `file-not-found`. */
  newestAt(path: RemotePath): Promise<string>;
}

export async function createTrashIndex(
  api: Pick<ApiClient, 'files' | 'downloads'>,
  options: CallOptions,
): Promise<TrashIndex> {
  const items = new Map((await api.files.trash(options)).map((file) => [file.id, file]));
  const paths = createOldPaths(api, items, options);

  return {
    async newestAt(path) {
      const wanted = pathKey(path);
      const named = [...items.values()].filter(
        (item) => nameKey(item.name) === nameKey(path.at(-1) ?? ''),
      );
      const found: File[] = [];
      for (const item of named) {
        if (pathKey(await paths.of(item)) === wanted) found.push(item);
      }
      const newest = found.sort((a, b) => deletedAt(b) - deletedAt(a))[0];
      if (newest === undefined) throw await notThere(path, items.values(), paths);
      items.delete(newest.id);
      return newest.id;
    },
  };
}

interface OldPaths {
  of(file: File): Promise<readonly string[]>;
}

/** A parent may be in the trash itself, or alive, or gone: then the path starts there. */
function createOldPaths(
  api: Pick<ApiClient, 'downloads'>,
  trashed: ReadonlyMap<string, File>,
  options: CallOptions,
): OldPaths {
  const live = new Map<string, Promise<File | null>>();
  const parent = (id: string): Promise<File | null> | File => {
    const inTrash = trashed.get(id);
    if (inTrash !== undefined) return inTrash;
    const known = live.get(id) ?? findLive(api, id, options);
    live.set(id, known);
    return known;
  };
  return {
    async of(file) {
      const names = [file.name];
      for (let at: File | null = file; at !== null && at.parentId !== null; ) {
        at = await parent(at.parentId);
        if (at !== null) names.unshift(at.name);
      }
      return names;
    },
  };
}

async function findLive(
  api: Pick<ApiClient, 'downloads'>,
  id: string,
  options: CallOptions,
): Promise<File | null> {
  try {
    return (await api.downloads.detail(id, options)).file;
  } catch (error) {
    if (isAppError(error, 'file-not-found')) return null;
    throw error;
  }
}

/** Says so when a folder above went as a whole: that is what can be brought back. */
async function notThere(
  path: RemotePath,
  items: Iterable<File>,
  paths: OldPaths,
): Promise<AppError> {
  const shown = formatRemotePath(path);
  for (const item of items) {
    if (item.kind !== 'folder') continue;
    const old = await paths.of(item);
    if (old.length < path.length && pathKey(old) === pathKey(path.slice(0, old.length))) {
      const folder = formatRemotePath(old);
      const advice = `${shown} went with its folder. Run: valise restore ${folder}`;
      return new AppError('file-not-found', advice);
    }
  }
  return new AppError('file-not-found', `There is no ${shown} in the trash.`);
}

function pathKey(path: readonly string[]): string {
  return path.map(nameKey).join('/');
}

function deletedAt(file: File): number {
  return Date.parse(file.deletedAt ?? file.updatedAt);
}
