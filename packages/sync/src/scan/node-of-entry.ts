import { nameKey } from '@valise/core/names';
import { type DiskEntry, identityOf } from '../ports/file-system.ts';
import type { LocalNode, NodeId } from '../tree/node.ts';

/** The Local node for what the disk shows; the known one itself if it says the same. */
export function nodeOf(
  entry: DiskEntry,
  {
    id,
    parentId,
    known,
  }: {
    readonly id: NodeId;
    readonly parentId: NodeId;
    readonly known: LocalNode | undefined;
  },
): LocalNode {
  const isSame = known?.stamp === entry.stamp;
  const name = entry.name.normalize('NFC');
  const node: LocalNode = {
    id,
    parentId,
    name,
    key: nameKey(name),
    kind: entry.kind === 'other' ? 'file' : entry.kind,
    content: contentOf(entry, isUntouched(entry, known) ? known : undefined),
    size: entry.size,
    // A disk with coarse times shows a rounded one: while the stamp stays, the true one holds.
    modifiedAt: isSame ? known.modifiedAt : entry.modifiedAt,
    executable: entry.executable ?? known?.executable ?? false,
    stamp: entry.stamp,
    ctime: entry.ctime,
    inode: entry.inode,
    diskName: entry.name,
  };
  return known !== undefined && isSameNode(known, node) ? known : node;
}

/**
 * Content can be written without a trace in size and mtime (two writes within one tick, a restored
 * mtime); ctime shows it. A rename changes ctime, too: the file is then read again, here alone.
 */
function isUntouched(entry: DiskEntry, known: LocalNode | undefined): known is LocalNode {
  return known !== undefined && identityOf(known) === identityOf(entry);
}

function contentOf(entry: DiskEntry, unchanged: LocalNode | undefined): string | null {
  switch (entry.kind) {
    case 'folder':
      return '';
    case 'symlink':
      return `->${entry.target}`;
    default:
      return unchanged?.content ?? null;
  }
}

function isSameNode(left: LocalNode, right: LocalNode): boolean {
  return (
    left.parentId === right.parentId &&
    left.diskName === right.diskName &&
    left.content === right.content &&
    left.stamp === right.stamp &&
    left.ctime === right.ctime &&
    left.inode === right.inode &&
    left.executable === right.executable
  );
}
