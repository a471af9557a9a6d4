import { type FSWatcher, watch } from 'node:fs';
import { basename } from 'node:path/posix';
import { folderOf } from '../../tree/local-path.ts';
import { type FolderWatcher, isOwn, type OnHint } from './folder-watcher.ts';

export const UNWATCHED =
  'the system doesn’t tell what happens on this disk, so changes here are found by scans, up to ' +
  'minutes later';

/**
 * One watch for everything below the root, where the system has such a thing. Which folders are known
 * is nothing to it. An event without a name means that the system lost count: look everywhere.
 */
export function watchWholeTree(
  root: string,
  onHint: OnHint,
  { separator }: { readonly separator: string },
): FolderWatcher {
  let watcher: FSWatcher | null = null;
  let isWhole = true;
  const end = (whole: boolean) => {
    watcher?.close();
    watcher = null;
    isWhole = whole;
  };
  const hear = (name: string | null) => {
    if (name === null) return onHint(null, null);
    const path = name.replaceAll(separator, '/');
    if (!isOwn(path)) onHint(folderOf(path), basename(path));
  };
  return {
    get isWhole() {
      return isWhole;
    },
    follow(_, { hint = true } = {}) {
      if (watcher !== null) return;
      try {
        watcher = watch(root, { recursive: true }, (_event, name) => hear(name));
      } catch (error) {
        if (!(error instanceof Error && 'code' in error)) throw error;
        end(false);
        return;
      }
      isWhole = true;
      watcher.on('error', () => {
        end(false);
        onHint(null, null);
      });
      if (hint) onHint(null, null);
    },
    close: () => end(isWhole),
  };
}
