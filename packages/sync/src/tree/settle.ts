import {
  isSamePlace,
  type LocalNode,
  type NodeId,
  type RemoteNode,
  type SyncedNode,
} from './node.ts';
import type { Trees, TreesReader } from './tree.ts';

/**
 * Takes down what both sides agree on: whatever stands equally at the server and on the disk is
 * from then on the merge base, attribute by attribute (place, content, time and mode); what both
 * have lost is forgotten. Sound at any moment, because it only states what was observed.
 */
export function settle(trees: Trees, id: NodeId): void {
  const remote = trees.remote.get(id);
  const local = trees.local.get(id);
  const synced = trees.synced.get(id);
  if (remote === undefined && local === undefined) {
    if (synced !== undefined) trees.synced.delete(id);
    return;
  }
  if (remote === undefined || local === undefined || remote.kind !== local.kind) return;
  const agreed = agreedOn(remote, local, synced);
  if (agreed !== undefined && !isSameSynced(agreed, synced)) trees.synced.set(agreed);
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

/** Nothing to do: the three trees say the same of it, or none has it. */
export function isAtRest(trees: TreesReader, id: NodeId): boolean {
  const remote = trees.remote.get(id);
  const local = trees.local.get(id);
  const synced = trees.synced.get(id);
  if (remote === undefined || local === undefined || synced === undefined) {
    return remote === undefined && local === undefined && synced === undefined;
  }
  return (
    isSamePlace(remote, synced) &&
    isSamePlace(local, synced) &&
    remote.content === synced.content &&
    local.content === synced.content &&
    remote.version === synced.version &&
    remote.modifiedAt === synced.modifiedAt &&
    local.modifiedAt === synced.modifiedAt &&
    remote.executable === synced.executable &&
    local.executable === synced.executable
  );
}
