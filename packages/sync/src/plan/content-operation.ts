import { isAnotherHistory } from '../tree/another-history.ts';
import type { LocalNode, NodeId, RemoteNode, SyncedNode } from '../tree/node.ts';
import type { Views } from './fates.ts';
import type { Operation } from './operation.ts';

/**
 * The operation that brings the contents (or time and mode) of one file together, if it needs one.
 * An edit here is sent, whatever the server has: the server keeps what that overrides unless
 * `baseVersion` says that it was seen. Content that nobody has looked at is looked at first.
 * (What may only be read was given a name of its own before: `isForbiddenEdit`.)
 */
export function contentOperation(
  id: NodeId,
  { remote, local, synced }: Views,
): Operation | undefined {
  if (local?.kind !== 'file') return undefined;
  if (local.content === null) {
    const isNew = remote === undefined && synced === undefined;
    return isNew ? undefined : { kind: 'hash', id };
  }
  if (remote === undefined) return undefined;
  if (remote.content === local.content) {
    const side = newerMeta(remote, local, synced);
    return side && { kind: side, id };
  }
  if (!isEditHere(remote, local, synced)) return { kind: 'local-replace', id };
  const { parentId, name } = remote;
  const baseVersion = seenVersion(remote, synced);
  return { kind: 'remote-upload', id, parentId, name, baseVersion, isEdit: true };
}

/** An edit of what may only be read: it stays here, as a file of its own beside the server's. */
export function isForbiddenEdit({ remote, local, synced }: Views): boolean {
  if (remote === undefined || remote.writable || remote.kind !== 'file') return false;
  if (local === undefined || local.content === null || local.content === remote.content) {
    return false;
  }
  return isEditHere(remote, local, synced);
}

/** A server that went back behind what was agreed on (a restored backup) gets the content anew. */
function isEditHere(remote: RemoteNode, local: LocalNode, synced: SyncedNode | undefined): boolean {
  if (synced === undefined || isAnotherHistory(remote, synced)) return true;
  return local.content !== synced.content;
}

/**
 * Content that came back to what it was counts as seen, whatever its number. Other content that a
 * server has since it went back may be somebody's edit.
 */
function seenVersion(remote: RemoteNode, synced: SyncedNode | undefined): number | null {
  if (synced === undefined || isAnotherHistory(remote, synced)) return null;
  return remote.content === synced.content ? remote.version : synced.version;
}

function newerMeta(
  remote: RemoteNode,
  local: LocalNode,
  synced: SyncedNode | undefined,
): 'remote-meta' | 'local-meta' | undefined {
  if (isSameMeta(remote, local)) return undefined;
  const isOnlyHere = synced !== undefined && isSameMeta(remote, synced);
  return isOnlyHere && remote.writable ? 'remote-meta' : 'local-meta';
}

function isSameMeta(
  left: { readonly modifiedAt: number; readonly executable: boolean },
  right: { readonly modifiedAt: number; readonly executable: boolean },
): boolean {
  return left.modifiedAt === right.modifiedAt && left.executable === right.executable;
}
