import type { ShareMarks } from '../ports/share-marks.ts';
import type { SyncState } from '../state/sync-state.ts';
import type { LocalNode, NodeId } from '../tree/node.ts';
import { SHARED } from '../tree/shared-folder.ts';

/** Takes down which share is which, and which folder they stand in. */
export function markShares({ trees }: SyncState, marks: ShareMarks): void {
  const folder = trees.local.get(SHARED);
  if (folder === undefined) return;
  // Before the first listing nothing is known of the server: what was marked stays so.
  const isShare = ({ id, inode }: LocalNode) =>
    trees.remote.get(id) !== undefined || marks.idOf(inode) === id;
  const shares = trees.local.children(SHARED).filter(isShare);
  const marked = [folder, ...shares].filter(({ inode }) => inode !== '');
  marks.keep(new Map<string, NodeId>(marked.map(({ inode, id }) => [inode, id])));
}
