import type { LocalNode, NodeId, RemoteNode, SyncedNode } from '../tree/node.ts';
import { isSharedRoot } from '../tree/shared-folder.ts';
import type { TreesReader } from '../tree/tree.ts';

/**
 * What is to become of a dirty node.
 *  - `alive`      it belongs into both trees
 *  - `dead`       one side deleted it, and the other didn't edit it
 *  - `undecided`  whether it was edited shows only when its content has been looked at
 *  - `apart`      it is the server's alone: ignored or not chosen here
 *  - `evicted`    the server moved it to where nothing is synced here: it goes from here when it is
 *                 in step
 *  - `left`       it was shared, and was removed from here: the share is to be left, and nothing
 *                 below is deleted
 */
export type Fate = 'alive' | 'dead' | 'undecided' | 'apart' | 'evicted' | 'left';

export interface Views {
  readonly remote: RemoteNode | undefined;
  readonly local: LocalNode | undefined;
  readonly synced: SyncedNode | undefined;
}

export function viewsOf(trees: TreesReader, id: NodeId): Views {
  return {
    remote: trees.remote.get(id),
    local: trees.local.get(id),
    synced: trees.synced.get(id),
  };
}

/** Of a node that is at least on one side. */
export function fateOf({ remote, local, synced }: Views, isExcluded: () => boolean): Fate {
  if (remote !== undefined && local !== undefined) return 'alive';
  if (remote !== undefined && isExcluded()) return 'apart';
  if (synced === undefined) return 'alive';
  // An edit beats a deletion; a move doesn't.
  if (remote !== undefined) {
    if (isSharedRoot(remote)) return 'left';
    // Who removed a share meant to leave it, and no more than that.
    if (isSharedRoot(synced)) return 'alive';
    return remote.content !== synced.content || !remote.writable ? 'alive' : 'dead';
  }
  if (local?.content === null) return 'undecided';
  return local?.content !== synced.content ? 'alive' : 'dead';
}
