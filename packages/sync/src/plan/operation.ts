import type { NodeId, Place } from '../tree/node.ts';

/**
 * One step towards agreement. Operations of one plan are independent: any subset, in any order, is
 * right. Each acts on one node, named by id; paths are looked up when it is carried out.
 *
 * On the trees alone:
 *  - `adopt`   a new local node and a new remote one at one place are one node
 *  - `renew`   the server deleted it, but here it is wanted: it becomes a new local node
 *  - `forget`  it was deleted here, but the server has it anew: it becomes a new remote node
 *  - `cross`   it was moved into another owner's tree, and its copy there has appeared: here it is
 *    that one from now on, and counts as deleted where it was
 * Reading:
 *  - `hash`    look at local content whose stamp changed
 * On the server (`remote-*`) and on the disk (`local-*`): see the members.
 */
export type Operation = TreeOperation | HashOperation | RemoteOperation | LocalOperation;

export type TreeOperation =
  | { readonly kind: 'adopt'; readonly id: NodeId; readonly remoteId: NodeId }
  | { readonly kind: 'renew'; readonly id: NodeId }
  | { readonly kind: 'forget'; readonly id: NodeId }
  | { readonly kind: 'cross'; readonly id: NodeId; readonly remoteId: NodeId };

export interface HashOperation {
  readonly kind: 'hash';
  readonly id: NodeId;
}

export type RemoteOperation =
  | ({ readonly kind: 'remote-folder'; readonly id: NodeId } & Place)
  | ({ readonly kind: 'remote-symlink'; readonly id: NodeId } & Place)
  /**
   * A new file at that place; or an edit of `baseVersion` of the file that the server has, wherever
   * it is by then. Null believes that nothing is there.
   */
  | ({
      readonly kind: 'remote-upload';
      readonly id: NodeId;
      readonly baseVersion: number | null;
      readonly isEdit: boolean;
    } & Place)
  | ({ readonly kind: 'remote-move'; readonly id: NodeId } & Place)
  /** Into another owner's tree, where nothing can be moved to; a folder with all below it. */
  | ({ readonly kind: 'remote-copy'; readonly id: NodeId } & Place)
  | { readonly kind: 'remote-meta'; readonly id: NodeId }
  /** A folder goes with all below it. */
  | { readonly kind: 'remote-delete'; readonly id: NodeId }
  /** Gives up what somebody shared; theirs stays as it is. */
  | { readonly kind: 'remote-leave'; readonly id: NodeId };

export type LocalOperation =
  | ({ readonly kind: 'local-folder'; readonly id: NodeId } & Place)
  | ({ readonly kind: 'local-symlink'; readonly id: NodeId } & Place)
  /** A new file. */
  | ({ readonly kind: 'local-create'; readonly id: NodeId } & Place)
  /** New content for a file whose old content the server has. */
  | { readonly kind: 'local-replace'; readonly id: NodeId }
  | ({ readonly kind: 'local-move'; readonly id: NodeId } & Place)
  | { readonly kind: 'local-meta'; readonly id: NodeId }
  /** To the agent's own trash, a folder with all below it. */
  | { readonly kind: 'local-trash'; readonly id: NodeId };

/** Something that can't be brought into agreement, with the reason; nothing is touched. */
export interface Block {
  readonly id: NodeId;
  readonly reason: BlockReason;
}

export type BlockReason =
  /** The folder that it lies in can't be changed by this person. */
  | 'read-only'
  /** It lies in `Shared with me`, and is nothing that somebody shares (any more). */
  | 'not-shared'
  | 'excluded';

/** Carried out by the planner's caller before anything else: they touch the trees alone. */
export function isTreeOperation(operation: Operation): operation is TreeOperation {
  switch (operation.kind) {
    case 'adopt':
    case 'renew':
    case 'forget':
    case 'cross':
      return true;
    default:
      return false;
  }
}

export interface Plan {
  readonly operations: readonly Operation[];
  readonly blocks: readonly Block[];
  /** Nodes that weren't looked at and have a say: they hold a place, or lie in what is to be deleted. */
  readonly missed: readonly NodeId[];
}
