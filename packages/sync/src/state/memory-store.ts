import { MemoryTree } from '../tree/memory-tree.ts';
import type { LocalNode, NodeId, RemoteNode, SyncedNode } from '../tree/node.ts';
import { type Rest, restIn } from '../tree/settle.ts';
import type { StateStore } from './sync-state.ts';

/** A state in memory, for the simulation: it can be copied, which is how a crash is played. */
export class MemoryStore implements StateStore {
  readonly trees: {
    readonly remote: MemoryTree<RemoteNode>;
    readonly local: MemoryTree<LocalNode>;
    readonly synced: MemoryTree<SyncedNode>;
  };
  readonly #values: Map<string, string>;

  constructor(from?: MemoryStore) {
    this.trees = {
      remote: new MemoryTree(from?.trees.remote.all()),
      local: new MemoryTree(from?.trees.local.all()),
      synced: new MemoryTree(from?.trees.synced.all()),
    };
    this.#values = new Map(from === undefined ? [] : from.#values);
  }

  localByInode(inode: string): readonly LocalNode[] {
    return [...this.trees.local.all()].filter((node) => node.inode === inode);
  }

  syncedFiles(): number {
    return [...this.trees.synced.all()].filter((node) => node.kind !== 'folder').length;
  }

  *restless(): Iterable<readonly [NodeId, Rest]> {
    const ids = new Set<NodeId>();
    for (const { id } of this.trees.remote.all()) ids.add(id);
    for (const { id } of this.trees.local.all()) ids.add(id);
    for (const { id } of this.trees.synced.all()) ids.add(id);
    for (const id of ids) {
      const rest = restIn(this.trees, id);
      if (rest !== 'at rest') yield [id, rest];
    }
  }

  value(name: string): string | null {
    return this.#values.get(name) ?? null;
  }

  setValue(name: string, value: string | null): void {
    if (value === null) this.#values.delete(name);
    else this.#values.set(name, value);
  }

  transaction<T>(work: () => T): T {
    return work();
  }
}
