import type { ShareMarks } from '../ports/share-marks.ts';
import type { SyncState } from '../state/sync-state.ts';
import type { LocalNode, NodeId } from '../tree/node.ts';
import { SHARED } from '../tree/shared-folder.ts';

/** Takes down which share is which, and which folder they stand in. */
export function markShares({ trees }: SyncState, marks: ShareMarks): void {
  const folder = trees.local.get(SHARED);
  if (folder === undefined) return;
  const isShare = ({ id }: LocalNode) => trees.remote.get(id) !== undefined;
  const shares = trees.local.children(SHARED).filter(isShare);
  marks.keep(new Map<string, NodeId>([folder, ...shares].map(({ inode, id }) => [inode, id])));
}
