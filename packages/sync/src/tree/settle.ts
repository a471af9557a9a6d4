import {
  isSamePlace,
  type LocalNode,
  type NodeId,
  type RemoteNode,
  type SyncedNode,
} from './node.ts';
import type { Trees, TreesReader } from './tree.ts';

/**
 * How a node stands.
 *  - `at rest`   the three trees say the same of it, or none has it: nothing to do
 *  - `addition`  a file or symlink that only one side has and that was never agreed on
 *  - `changed`   anything else
 */
export type Rest = 'at rest' | 'addition' | 'changed';

/**
 * Takes down what both sides agree on: whatever stands equally at the server and on the disk is
 * from then on the merge base, attribute by attribute (place, content, time and mode); what both
 * have lost is forgotten. Sound at any moment, because it only states what was observed. Answers how
 * the node stands then.
 */
export function settle(trees: Trees, id: NodeId): Rest {
  const remote = trees.remote.get(id);
  const local = trees.local.get(id);
  const synced = trees.synced.get(id);
  if (remote === undefined && local === undefined) {
    if (synced !== undefined) trees.synced.delete(id);
    return 'at rest';
  }
  if (remote === undefined || local === undefined || remote.kind !== local.kind) {
    return restOf(remote, local, synced);
  }
  const agreed = agreedOn(remote, local, synced);
  if (agreed !== undefined && !isSameSynced(agreed, synced)) trees.synced.set(agreed);
  return restOf(remote, local, agreed);
}

function agreedOn(
  remote: RemoteNode,
  local: LocalNode,
  synced: SyncedNode | undefined,
): SyncedNode | undefined {
  const place = isSamePlace(remote, local);
  const content = remote.content === local.content;
  if (synced === undefined) {
    if (!place || !content) return undefined;
    // Where there is no base, the server's time and mode are the newer ones.
    return { ...baseOf(remote), modifiedAt: local.modifiedAt, executable: local.executable };
  }
  const { parentId, name, key, size, version } = remote;
  const { modifiedAt, executable } = remote;
  return {
    ...synced,
    ...(place ? { parentId, name, key } : {}),
    ...(content ? { content: remote.content, size, version } : {}),
    ...(modifiedAt === local.modifiedAt ? { modifiedAt } : {}),
    ...(executable === local.executable ? { executable } : {}),
  };
}

export function baseOf(remote: RemoteNode): SyncedNode {
  const { id, parentId, name, key, kind, content, size, modifiedAt, executable, version } = remote;
  return { id, parentId, name, key, kind, content, size, modifiedAt, executable, version };
}

function isSameSynced(left: SyncedNode, right: SyncedNode | undefined): boolean {
  return (
    right !== undefined &&
    left.parentId === right.parentId &&
    left.name === right.name &&
    left.content === right.content &&
    left.version === right.version &&
    left.modifiedAt === right.modifiedAt &&
    left.executable === right.executable
  );
}

export function isAtRest(trees: TreesReader, id: NodeId): boolean {
  return restIn(trees, id) === 'at rest';
}

export function restIn({ remote, local, synced }: TreesReader, id: NodeId): Rest {
  return restOf(remote.get(id), local.get(id), synced.get(id));
}

function restOf(
  remote: RemoteNode | undefined,
  local: LocalNode | undefined,
  synced: SyncedNode | undefined,
): Rest {
  if (remote === undefined && local === undefined && synced === undefined) return 'at rest';
  if (synced === undefined) {
    const isOnBoth = remote !== undefined && local !== undefined;
    return isOnBoth || (remote ?? local)?.kind === 'folder' ? 'changed' : 'addition';
  }
  if (remote === undefined || local === undefined) return 'changed';
  const isSame =
    isSamePlace(remote, synced) &&
    isSamePlace(local, synced) &&
    remote.content === synced.content &&
    local.content === synced.content &&
    remote.version === synced.version &&
    remote.modifiedAt === synced.modifiedAt &&
    local.modifiedAt === synced.modifiedAt &&
    remote.executable === synced.executable &&
    local.executable === synced.executable;
  return isSame ? 'at rest' : 'changed';
}
