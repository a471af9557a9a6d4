import type { Operation } from '../plan/operation.ts';
import type { SyncState } from '../state/sync-state.ts';
import type { NodeId, TreeNode } from '../tree/node.ts';
import { SHARED } from '../tree/shared-folder.ts';
import { descendants, type TreeReader } from '../tree/tree.ts';

/** So many files at once are a decision; not so when they go as one folder. */
const MANY = 1_000;
/** Below this, "more than half" is an ordinary day. */
const FEW = 3;

/** How much a plan would delete. */
export interface Deletions {
  readonly files: number;
  readonly syncedFiles: number;
}

export function isDeletion(operation: Operation): boolean {
  return operation.kind === 'remote-delete' || operation.kind === 'local-trash';
}

/**
 * Whether a plan deletes so much that a person should say so first: more than half of all files, or
 * more than a thousand other than as one folder. Null if it doesn't.
 */
export function massDeletion(state: SyncState, operations: readonly Operation[]): Deletions | null {
  const deletions = operations.filter(isDeletion);
  if (deletions.length === 0) return null;
  let files = 0;
  for (const { kind, id } of deletions) {
    if (kind === 'local-trash' && isNoLoss(state, id)) continue;
    const tree: TreeReader<TreeNode> =
      kind === 'remote-delete' ? state.trees.remote : state.trees.local;
    files += filesBelow(tree, id);
  }
  const syncedFiles = state.syncedFiles();
  const isMost = files >= FEW && files * 2 > syncedFiles;
  const isMany = files > MANY && deletions.length > 1;
  return isMost || isMany ? { files, syncedFiles } : null;
}

/**
 * What others no longer share goes into the trash, however much it was; and what they moved to where
 * nothing is wanted here, the server still has.
 */
function isNoLoss({ trees }: SyncState, id: NodeId): boolean {
  return trees.local.get(id)?.parentId === SHARED || trees.remote.get(id) !== undefined;
}

function filesBelow(tree: TreeReader<TreeNode>, id: NodeId): number {
  const node = tree.get(id);
  if (node === undefined) return 0;
  if (node.kind !== 'folder') return 1;
  return descendants(tree, id).filter(({ kind }) => kind !== 'folder').length;
}
