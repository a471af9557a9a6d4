import type { NodeId, Place } from '../tree/node.ts';

/**
 * One step towards agreement. Operations of one plan are independent: any subset, in any order, is
 * right. Each acts on one node, named by id; paths are looked up when it is carried out.
 *
 * On the trees alone:
 *  - `adopt`   a new local node and a new remote one at one place are one node
 *  - `renew`   the server deleted it, but here it is wanted: it becomes a new local node
 *  - `forget`  it was deleted here, but the server has it anew: it becomes a new remote node
 * Reading:
 *  - `hash`    look at local content whose stamp changed
 * On the server (`remote-*`) and on the disk (`local-*`): see the members.
 */
export type Operation = TreeOperation | HashOperation | RemoteOperation | LocalOperation;

export type TreeOperation =
  | { readonly kind: 'adopt'; readonly id: NodeId; readonly remoteId: NodeId }
  | { readonly kind: 'renew'; readonly id: NodeId }
  | { readonly kind: 'forget'; readonly id: NodeId };

export interface HashOperation {
  readonly kind: 'hash';
  readonly id: NodeId;
}

export type RemoteOperation =
  | ({ readonly kind: 'remote-folder'; readonly id: NodeId } & Place)
  | ({ readonly kind: 'remote-symlink'; readonly id: NodeId } & Place)
  /** A new file, or an edit of `baseVersion`; null believes that nothing is there. */
  | ({
      readonly kind: 'remote-upload';
      readonly id: NodeId;
      readonly baseVersion: number | null;
    } & Place)
  | ({ readonly kind: 'remote-move'; readonly id: NodeId } & Place)
  | { readonly kind: 'remote-meta'; readonly id: NodeId }
  /** A folder goes with all below it. */
  | { readonly kind: 'remote-delete'; readonly id: NodeId };

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

export type BlockReason = 'read-only' | 'excluded';

export interface Plan {
  readonly operations: readonly Operation[];
  readonly blocks: readonly Block[];
}
