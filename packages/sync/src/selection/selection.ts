import { nameKey } from '@valise/core/names';
import type { LocalPath } from '../ports/file-system.ts';
import type { SyncState } from '../state/sync-state.ts';
import { type NodeId, type RemoteNode, ROOT } from '../tree/node.ts';

const SETTING = 'deselected';

/**
 * The folders that aren't wanted on this device, known by id: renamed or moved elsewhere they stay
 * out. To the planner they are the server's alone, to scans they are ignored, so nothing that is
 * done here says anything about them.
 */
export class Selection {
  readonly #state: SyncState;
  #ids: ReadonlySet<NodeId>;
  /** The name keys of their paths, joined; made when first needed after the trees changed. */
  #paths: ReadonlySet<string> | null = null;

  constructor(state: SyncState) {
    this.#state = state;
    const ids: unknown = JSON.parse(state.value(SETTING) ?? '[]');
    this.#ids = new Set(Array.isArray(ids) ? ids.map(String) : []);
  }

  /** Durable when it returns. */
  set(id: NodeId, { isWanted }: { readonly isWanted: boolean }): void {
    const ids = new Set(this.#ids);
    if (isWanted) ids.delete(id);
    else ids.add(id);
    this.#state.setValue(SETTING, ids.size === 0 ? null : JSON.stringify([...ids]));
    this.#ids = ids;
    this.#paths = null;
  }

  /** Folders may have been renamed. */
  forgetPaths(): void {
    this.#paths = null;
  }

  /** Nothing is left out. */
  get isAll(): boolean {
    return this.#ids.size === 0;
  }

  /** Whether it is such a folder; what lies in one isn't asked for. */
  isDeselected(id: NodeId): boolean {
    return this.#ids.has(id);
  }

  /** Whether the path is that of such a folder; what lies in one is never asked for. */
  isOutAt(path: LocalPath): boolean {
    if (this.isAll) return false;
    this.#paths ??= new Set(this.paths().map(keyOf));
    return this.#paths.has(keyOf(path));
  }

  /** Whether it is such a folder or lies in one. */
  isOutBelow(path: LocalPath): boolean {
    const names = path.split('/');
    return names.some((_, depth) => this.isOutAt(names.slice(0, depth + 1).join('/')));
  }

  /** Where they are at the server, by name. */
  paths(): readonly LocalPath[] {
    return [...this.#ids].flatMap((id) => remotePath(this.#state, id) ?? []).sort();
  }
}

/** The server's path of a node; undefined if it is no longer there. */
export function remotePath({ trees }: SyncState, id: NodeId): LocalPath | undefined {
  const names: string[] = [];
  for (let at = id; at !== ROOT; ) {
    const node = trees.remote.get(at);
    if (node === undefined) return undefined;
    names.push(node.name);
    at = node.parentId;
  }
  return names.reverse().join('/');
}

/** The server's folder at a path, however its case is spelt. */
export function remoteFolderAt({ trees }: SyncState, path: LocalPath): RemoteNode | undefined {
  let found: RemoteNode | undefined;
  for (const name of path.split('/')) {
    const [child] = trees.remote.named(found?.id ?? ROOT, nameKey(name));
    if (child?.kind !== 'folder') return undefined;
    found = child;
  }
  return found;
}

function keyOf(path: LocalPath): string {
  return path.split('/').map(nameKey).join('/');
}
