import type { RemoteNode, SyncedNode } from './node.ts';

/**
 * The server doesn't have the content that was agreed on, and never will: it went back behind it (was
 * restored from a backup), and that version is another one there.
 */
export function isAnotherHistory(remote: RemoteNode, synced: SyncedNode): boolean {
  return remote.version <= synced.version && remote.content !== synced.content;
}
