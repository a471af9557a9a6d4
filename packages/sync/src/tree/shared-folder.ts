import { nameKey, SHARED_FOLDER_NAME } from '@valise/core/names';
import { type NodeId, type RemoteNode, ROOT, type TreeNode } from './node.ts';

/**
 * The folder in which stands what others share. The server has none: it is put into the Remote tree
 * with the first share, and stays. Nobody can change it, nor the names and places of what stands in
 * it.
 */
export const SHARED: NodeId = 'shared';

export const SHARED_FOLDER: RemoteNode = {
  id: SHARED,
  parentId: ROOT,
  name: SHARED_FOLDER_NAME,
  key: nameKey(SHARED_FOLDER_NAME),
  kind: 'folder',
  content: '',
  size: 0,
  modifiedAt: 0,
  executable: false,
  version: 1,
  writable: false,
  owner: '',
  share: null,
};

/** Stands in `Shared with me`: its place is given. */
export function isSharedRoot({ parentId }: TreeNode): boolean {
  return parentId === SHARED;
}
