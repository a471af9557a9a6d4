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
 * more than a thousand other than as one folder. Null if it doesn't. What they `accepted` doesn't count.
 */
export function massDeletion(
  state: SyncState,
  operations: readonly Operation[],
  accepted: ReadonlySet<NodeId> = new Set(),
): Deletions | null {
  const deletions = operations
    .filter(isDeletion)
    .filter(
      ({ kind, id }) => !accepted.has(id) && !(kind === 'local-trash' && isNoLoss(state, id)),
    );
  if (deletions.length === 0) return null;
  const files = new Set(deletions.flatMap((one) => filesOf(state, one))).difference(accepted).size;
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

/** All that a plan deletes: the nodes of its operations and the files below. */
export function deletedNodes(state: SyncState, operations: readonly Operation[]): Set<NodeId> {
  const deletions = operations.filter(isDeletion);
  return new Set(deletions.flatMap((one) => [one.id, ...filesOf(state, one)]));
}

function filesOf({ trees }: SyncState, { kind, id }: Operation): NodeId[] {
  const tree: TreeReader<TreeNode> = kind === 'remote-delete' ? trees.remote : trees.local;
  const node = tree.get(id);
  if (node === undefined) return [];
  if (node.kind !== 'folder') return [id];
  return descendants(tree, id).flatMap((below) => (below.kind === 'folder' ? [] : [below.id]));
}
