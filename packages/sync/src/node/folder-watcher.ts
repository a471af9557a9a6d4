import { type FSWatcher, watch } from 'node:fs';
import { join } from 'node:path';
import type { LocalPath } from '../ports/file-system.ts';

export interface FolderWatcher {
  /** Watches exactly these folders from now on. */
  follow(folders: ReadonlySet<LocalPath>): void;
  close(): void;
}

/**
 * One kernel watch per folder, none per file. Its events are hints: which folder to look at. Node
 * can't tell that events were lost, so a scan now and then is what finds everything.
 *
 * `onHint(null)`: there are more folders than the system lets us watch, or a watch failed.
 */
export function watchFolders(
  root: string,
  onHint: (folder: LocalPath | null, name: string | null) => void,
): FolderWatcher {
  const watchers = new Map<LocalPath, FSWatcher>();
  let isFull = false;
  const add = (path: LocalPath) => {
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
      onHint(path, null);
    } catch (error) {
      // ENOSPC: the limit of watches. ENOENT: it went again, which its parent's watch tells.
      if (error instanceof Error && 'code' in error && error.code === 'ENOSPC') isFull = true;
    }
  };
  return {
    follow(folders) {
      for (const [path, watcher] of watchers) {
        if (folders.has(path)) continue;
        watcher.close();
        watchers.delete(path);
      }
      for (const path of folders) if (!watchers.has(path) && !isFull) add(path);
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
