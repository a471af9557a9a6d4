import type { RemoteOperation } from '../plan/operation.ts';
import { DiskError } from '../ports/file-system.ts';
import type { Server } from '../ports/server.ts';
import type { SyncState } from '../state/sync-state.ts';
import type { NodeId, RemoteNode } from '../tree/node.ts';
import { descendants } from '../tree/tree.ts';
import { cursorOf } from './pull-changes.ts';

export type RemoteCall = Exclude<RemoteOperation, { readonly kind: 'remote-upload' }>;

/** One call to the server. What it did shows in the feed. */
export async function runRemoteCall(
  { server, state }: { readonly server: Server; readonly state: SyncState },
  operation: RemoteCall,
): Promise<void> {
  const { id } = operation;
  const local = state.trees.local.get(id);
  switch (operation.kind) {
    case 'remote-folder':
      return server.createFolder(id, operation);
    case 'remote-symlink': {
      const target = local?.content?.slice(2);
      return target === undefined ? undefined : server.createSymlink(id, operation, target);
    }
    case 'remote-move':
      return server.move(id, operation);
    case 'remote-copy':
      return server.copy(id, operation);
    case 'remote-leave':
      return server.leave(id);
    case 'remote-meta':
      return local === undefined ? undefined : server.setMeta(id, local);
    case 'remote-delete': {
      const remote = state.trees.remote.get(id);
      if (remote === undefined) return;
      if (remote.kind !== 'folder')
        return server.remove(id, { version: versionSeen(state, remote) });
      expectNoNews(state, id);
      const cursor = cursorOf(state);
      return cursor === null ? undefined : server.remove(id, { cursor });
    }
    default:
      operation satisfies never;
  }
}

/**
 * What whoever deleted it here had before them; the feed may have brought a newer one since the plan was
 * made. If that took its merge base away, it is to live: nobody here has seen any of it.
 */
function versionSeen({ trees }: SyncState, remote: RemoteNode): number {
  const synced = trees.synced.get(remote.id);
  if (synced === undefined) throw new DiskError('changed', `${remote.name} is another one by now.`);
  // Content that came back to what it was counts as seen, whatever its number.
  if (synced.content === remote.content) return remote.version;
  return Math.min(remote.version, synced.version);
}

/**
 * The cursor says to the server that everything up to it was seen. Since the plan was made the feed
 * may have brought something into the folder that is to live: then another plan is due.
 */
function expectNoNews({ trees }: SyncState, id: NodeId): void {
  for (const { id: below, name, content } of descendants(trees.remote, id)) {
    const isDead = trees.local.get(below) === undefined;
    if (isDead && trees.synced.get(below)?.content === content) continue;
    throw new DiskError('changed', `${name} came into it meanwhile.`);
  }
}
