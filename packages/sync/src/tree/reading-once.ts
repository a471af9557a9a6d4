import type { NodeId, TreeNode } from './node.ts';
import type { TreeReader, TreesReader } from './tree.ts';

/**
 * The same trees, with no node asked for twice by its id: a plan asks for some of them ten times, and
 * each time is a search in the database. For as long as nothing changes in them.
 */
export function readingOnce({ remote, local, synced }: TreesReader): TreesReader {
  return { remote: once(remote), local: once(local), synced: once(synced) };
}

function once<Node extends TreeNode>(tree: TreeReader<Node>): TreeReader<Node> {
  const nodes = new Map<NodeId, Node | undefined>();
  return {
    get(id) {
      const known = nodes.get(id);
      if (known !== undefined || nodes.has(id)) return known;
      const node = tree.get(id);
      nodes.set(id, node);
      return node;
    },
    children: (parentId) => tree.children(parentId),
    named: (parentId, key) => tree.named(parentId, key),
  };
}
