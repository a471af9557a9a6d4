import { isAnotherHistory } from './another-history.ts';
import type { NodeId } from './node.ts';
import type { Trees } from './tree.ts';

/**
 * A local node turns out to be another one: it gets that id in the local tree, and what lies in it
 * follows. Its old merge base is none any more.
 */
export function changeLocalId(trees: Trees, from: NodeId, to: NodeId): void {
  if (from === to || !takeLocalId(trees, from, to)) return;
  trees.synced.delete(from);
}

/**
 * A local node that was moved into another owner's tree becomes the copy that appeared there. The
 * merge base goes along, so that what was edited meanwhile, here or there, still shows as an edit;
 * it also stays behind, so that the old node counts as deleted here. A copy that holds neither what
 * was agreed on nor what the server had since has no base: whatever it holds is kept.
 */
export function crossOver(trees: Trees, from: NodeId, to: NodeId): void {
  if (!takeLocalId(trees, from, to)) return;
  const base = trees.synced.get(from);
  const copy = trees.remote.get(to);
  if (base === undefined || copy === undefined || base.kind !== copy.kind) return;
  const { parentId, name, key, content } = copy;
  const isSeen = content === base.content;
  const original = trees.remote.get(from);
  if (!isSeen) {
    if (original === undefined || original.content !== content) return;
    if (isAnotherHistory(original, base)) return;
  }
  const version = isSeen ? copy.version : copy.version - 1;
  trees.synced.set({ ...base, id: to, parentId, name, key, version });
}

function takeLocalId(trees: Trees, from: NodeId, to: NodeId): boolean {
  const node = trees.local.get(from);
  if (node === undefined) return false;
  const children = trees.local.children(from);
  trees.local.delete(from);
  trees.local.set({ ...node, id: to });
  for (const child of children) trees.local.set({ ...child, parentId: to });
  return true;
}
