import type { LocalPath } from '../ports/file-system.ts';
import { type LocalNode, type NodeId, ROOT } from './node.ts';
import type { TreeReader } from './tree.ts';

/** Where a node lies on the disk, as the disk spells it; undefined if it isn't in the tree. */
export function localPath(tree: TreeReader<LocalNode>, id: NodeId): LocalPath | undefined {
  const names: string[] = [];
  for (let at = id; at !== ROOT; ) {
    const node = tree.get(at);
    if (node === undefined) return undefined;
    names.push(node.diskName);
    at = node.parentId;
  }
  return names.reverse().join('/');
}

export function joinPath(folder: LocalPath, name: string): LocalPath {
  return folder === '' ? name : `${folder}/${name}`;
}

/** The folder that something lies in. */
export function folderOf(path: LocalPath): LocalPath {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}
