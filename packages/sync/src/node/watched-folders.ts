import type { LocalPath } from '../ports/file-system.ts';
import type { SyncState } from '../state/sync-state.ts';
import { joinPath } from '../tree/local-path.ts';
import { type NodeId, ROOT } from '../tree/node.ts';
import type { FolderWatcher } from './watching/folder-watcher.ts';

/** Keeps the watcher at exactly the folders that are known here. */
export class WatchedFolders {
  readonly #watcher: FolderWatcher;
  readonly #state: SyncState;
  #seen: number | null = null;

  constructor(watcher: FolderWatcher, state: SyncState) {
    this.#watcher = watcher;
    this.#state = state;
  }

  /** Before the first scan, so that nothing that happens during it goes unseen. */
  begin(): void {
    this.#follow({ hint: false });
  }

  /** Folders may have come or gone. */
  update(): void {
    const hasBegun = this.#seen !== null;
    if (hasBegun && this.#seen !== this.#state.folderChanges) this.#follow({ hint: true });
  }

  /** False while some folders aren't watched. Nobody is to worry before the watching began. */
  get isWhole(): boolean {
    return this.#seen === null || this.#watcher.isWhole;
  }

  #follow(options: { readonly hint: boolean }): void {
    this.#seen = this.#state.folderChanges;
    this.#watcher.follow(folderPaths(this.#state), options);
  }
}

function folderPaths({ trees }: SyncState): Set<LocalPath> {
  const paths = new Set<LocalPath>(['']);
  const queue: { readonly id: NodeId; readonly path: LocalPath }[] = [{ id: ROOT, path: '' }];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    for (const child of trees.local.children(next.id)) {
      if (child.kind !== 'folder') continue;
      const path = joinPath(next.path, child.diskName);
      paths.add(path);
      queue.push({ id: child.id, path });
    }
  }
  return paths;
}
