import type { LocalNode, NodeId, RemoteNode, SyncedNode, TreeNode } from './node.ts';

/**
 * One tree of observations. While observations are being taken in, two siblings may have one key
 * for a moment (a swap arrives as two renames), so a place answers a list.
 */
export interface TreeReader<Node extends TreeNode> {
  get(id: NodeId): Node | undefined;
  children(parentId: NodeId): readonly Node[];
  /** The children of that folder whose names have that key. */
  named(parentId: NodeId, key: string): readonly Node[];
}

export interface Tree<Node extends TreeNode> extends TreeReader<Node> {
  set(node: Node): void;
  /** This node alone; its descendants are the caller's. */
  delete(id: NodeId): void;
  /** Every node, in no order. */
  all(): Iterable<Node>;
}

/** The three trees. A node that stands equally in all of them is at rest; every other is dirty. */
export interface Trees {
  readonly remote: Tree<RemoteNode>;
  readonly local: Tree<LocalNode>;
  readonly synced: Tree<SyncedNode>;
}

export interface TreesReader {
  readonly remote: TreeReader<RemoteNode>;
  readonly local: TreeReader<LocalNode>;
  readonly synced: TreeReader<SyncedNode>;
}

/** All nodes below, parents before children; the folder itself isn't among them. */
export function descendants<Node extends TreeNode>(tree: TreeReader<Node>, id: NodeId): Node[] {
  const found = [...tree.children(id)];
  for (let at = 0; at < found.length; at++) {
    const node = found[at];
    if (node?.kind === 'folder') found.push(...tree.children(node.id));
  }
  return found;
}
