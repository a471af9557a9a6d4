import { type FSWatcher, watch } from 'node:fs';
import { join } from 'node:path';
import type { LocalPath } from '../ports/file-system.ts';
import { isNodeError } from './disk-errors.ts';

export interface FolderWatcher {
  /** Watches exactly these folders from now on; `hint: false` if they are about to be looked at. */
  follow(folders: ReadonlySet<LocalPath>, options?: { readonly hint?: boolean }): void;
  /** False once the system refused a watch: some folders aren't seen then. */
  readonly isWhole: boolean;
  close(): void;
}

/**
 * One kernel watch per folder, none per file. Its events are hints: which folder to look at. Node
 * can't tell that events were lost, so a scan now and then is what finds everything.
 *
 * `onHint(null)`: the root's own watch failed.
 */
export function watchFolders(
  root: string,
  onHint: (folder: LocalPath | null, name: string | null) => void,
): FolderWatcher {
  const watchers = new Map<LocalPath, FSWatcher>();
  let isFull = false;
  const add = (path: LocalPath, hint: boolean) => {
    try {
      const watcher = watch(join(root, path), (_, name) => {
        if (path === '' && name?.split('/')[0] === '.valise') return;
        onHint(path, name);
      });
      watcher.on('error', () => {
        watcher.close();
        watchers.delete(path);
        onHint(path === '' ? null : parentOf(path), null);
      });
      watchers.set(path, watcher);
      // What happened between the scan that found it and this watch.
      if (hint) onHint(path, null);
    } catch (error) {
      // The limits of watches and of watchers. ENOENT: it went again, which its parent's watch tells.
      const isLimit = isNodeError(error, 'ENOSPC') || isNodeError(error, 'EMFILE');
      if (isLimit) isFull = true;
    }
  };
  return {
    get isWhole() {
      return !isFull;
    },
    follow(folders, { hint = true } = {}) {
      for (const [path, watcher] of watchers) {
        if (folders.has(path)) continue;
        watcher.close();
        watchers.delete(path);
      }
      // Room may have been made, by those that went or by whoever runs the system.
      isFull = false;
      for (const path of folders) if (!watchers.has(path) && !isFull) add(path, hint);
    },
    close() {
      for (const watcher of watchers.values()) watcher.close();
      watchers.clear();
    },
  };
}

function parentOf(path: LocalPath): LocalPath {
  const cut = path.lastIndexOf('/');
  return cut < 0 ? '' : path.slice(0, cut);
}
