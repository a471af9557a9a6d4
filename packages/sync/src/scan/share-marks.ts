import type { DiskEntry } from '../ports/file-system.ts';
import type { ShareMarks } from '../ports/share-marks.ts';
import type { NodeId } from '../tree/node.ts';
import { SHARED } from '../tree/shared-folder.ts';
import type { FolderMatches, Match } from './match-entries.ts';

type Marks = Pick<ShareMarks, 'idOf'>;

/** Which node was taken down for an entry, where it can only be a share or the folder for them. */
export function markOf(marks: Marks, { inode }: DiskEntry, folderId: NodeId): NodeId | undefined {
  const id = inode === '' ? undefined : marks.idOf(inode);
  return folderId === SHARED || id === SHARED ? id : undefined;
}

/**
 * With a memory older than the disk, a share has another name and inode: its mark tells. Of hard links
 * with one mark, one is the share.
 */
export function matchMarked(
  marks: Marks,
  { found, missing }: FolderMatches,
  folderId: NodeId,
): FolderMatches {
  const left = new Map(missing.map((child) => [child.id, child]));
  const nodeOf = ({ entry, node }: Match) => {
    const id = node === undefined ? markOf(marks, entry, folderId) : undefined;
    const child = id === undefined ? undefined : left.get(id);
    if (child?.kind !== entry.kind) return node;
    left.delete(child.id);
    return child;
  };
  const matched = found.map((match) => ({ ...match, node: nodeOf(match) }));
  return { found: matched, missing: [...left.values()] };
}
