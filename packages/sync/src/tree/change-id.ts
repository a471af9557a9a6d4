import type { NodeId } from './node.ts';
import type { Trees } from './tree.ts';

/**
 * A local node turns out to be another one: it gets that id in the local tree, and what lies in it
 * follows. Its old merge base is none any more.
 */
export function changeLocalId(trees: Trees, from: NodeId, to: NodeId): void {
  const node = trees.local.get(from);
  if (node === undefined || from === to) return;
  const children = trees.local.children(from);
  trees.local.delete(from);
  trees.local.set({ ...node, id: to });
  for (const child of children) trees.local.set({ ...child, parentId: to });
  trees.synced.delete(from);
}
