import { type FSWatcher, watch } from 'node:fs';
import { join } from 'node:path';
import type { LocalPath } from '../../ports/file-system.ts';
import { folderOf } from '../../tree/local-path.ts';
import { isNodeError } from '../disk-errors.ts';
import { type FolderWatcher, isOwn, type OnHint } from './folder-watcher.ts';

/**
 * One kernel watch per folder, none per file. Its events are hints: which folder to look at. Node
 * can't tell that events were lost, so a scan now and then is what finds everything.
 *
 * `onHint(null)`: the root's own watch failed.
 */
export function watchEachFolder(root: string, onHint: OnHint): FolderWatcher {
  const watchers = new Map<LocalPath, FSWatcher>();
  let isFull = false;
  const add = (path: LocalPath, hint: boolean) => {
    try {
      const watcher = watch(join(root, path), (_, name) => {
        if (path === '' && name !== null && isOwn(name)) return;
        onHint(path, name);
      });
      watcher.on('error', () => {
        watcher.close();
        watchers.delete(path);
        onHint(path === '' ? null : folderOf(path), null);
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
