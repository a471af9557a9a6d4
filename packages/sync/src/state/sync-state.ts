import type { LocalNode, NodeId, TreeNode } from '../tree/node.ts';
import { type Rest, settle } from '../tree/settle.ts';
import type { Tree, TreeReader, Trees, TreesReader } from '../tree/tree.ts';
import { DirtyNodes } from './dirty-nodes.ts';

/** Where the trees are kept. */
export interface StateStore {
  readonly trees: Trees;
  localByInode(inode: string): readonly LocalNode[];
  /** Files and symlinks in Synced. */
  syncedFiles(): number;
  /** The nodes that aren't at rest, found by looking at all of them. */
  restless(): Iterable<readonly [NodeId, Rest]>;
  /** A small value that outlives the process. */
  value(name: string): string | null;
  setValue(name: string, value: string | null): void;
  /** All of `work` or nothing. */
  transaction<T>(work: () => T): T;
}

/** The agent's memory: three trees, and which nodes of them are dirty. */
export interface SyncState {
  readonly trees: TreesReader;
  readonly dirty: Omit<DirtyNodes, 'note'>;
  localByInode(inode: string): readonly LocalNode[];
  syncedFiles(): number;
  /** Grows whenever a local folder comes, goes or moves. */
  readonly folderChanges: number;
  value(name: string): string | null;
  setValue(name: string, value: string | null): void;
  /** Nodes that observations touched since the last call. */
  takeTouched(): ReadonlySet<NodeId>;
  /** Takes observations in, settles what they touch, all at once or not at all. */
  update<T>(work: (trees: Trees) => T): T;
}

export function createSyncState(store: StateStore): SyncState {
  const touched = new Set<NodeId>();
  const dirty = new DirtyNodes();
  for (const [id, rest] of store.restless()) dirty.note(id, rest);
  let untaken = new Set<NodeId>();
  const trees: Trees = {
    remote: noting(store.trees.remote, touched),
    local: noting(store.trees.local, touched, (node) => {
      if (node.kind === 'folder') folderChanges++;
    }),
    synced: noting(store.trees.synced, touched),
  };
  let depth = 0;
  let folderChanges = 0;
  return {
    trees: store.trees,
    dirty,
    localByInode: (inode) => store.localByInode(inode),
    syncedFiles: () => store.syncedFiles(),
    get folderChanges() {
      return folderChanges;
    },
    value: (name) => store.value(name),
    setValue: (name, value) => store.setValue(name, value),
    takeTouched() {
      const taken = untaken;
      untaken = new Set();
      return taken;
    },
    update(work) {
      if (depth > 0) return work(trees);
      depth++;
      try {
        return store.transaction(() => {
          const result = work(trees);
          for (const id of touched) {
            dirty.note(id, settle(store.trees, id));
            untaken.add(id);
          }
          return result;
        });
      } finally {
        touched.clear();
        depth--;
      }
    },
  };
}

function noting<Node extends TreeNode>(
  tree: Tree<Node>,
  touched: Set<NodeId>,
  onChange: (node: Node) => void = () => {},
): Tree<Node> {
  const reader: TreeReader<Node> = {
    get: (id) => tree.get(id),
    children: (id) => tree.children(id),
    named: (id, key) => tree.named(id, key),
  };
  return {
    ...reader,
    all: () => tree.all(),
    set(node) {
      touched.add(node.id);
      onChange(node);
      tree.set(node);
    },
    delete(id) {
      touched.add(id);
      const node = tree.get(id);
      if (node !== undefined) onChange(node);
      tree.delete(id);
    },
  };
}
