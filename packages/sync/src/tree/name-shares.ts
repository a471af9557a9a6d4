import { nameKey, parseName, sharedName } from '@valise/core/names';
import { at, type RemoteNode, type Share } from './node.ts';
import { isSharedRoot, SHARED, SHARED_FOLDER } from './shared-folder.ts';
import type { Tree } from './tree.ts';

type SharedRoot = RemoteNode & { readonly share: Share };

/**
 * Puts `Shared with me` into the tree and gives each share a name of its own there: whichever was
 * shared first has its owner's name for it, a later one of that name its owner's as well. So the
 * names depend on what is shared alone, and a new share never takes the name of one that is there.
 */
export function nameShares(remote: Tree<RemoteNode>): void {
  const shares = remote.children(SHARED).filter(isShare).sort(byAge);
  if (shares.length === 0) return;
  if (remote.get(SHARED) === undefined) remote.set(SHARED_FOLDER);
  const taken = new Set<string>();
  for (const node of shares) {
    const { name, sharedBy } = node.share;
    const shown = sharedName(parseName(name), {
      by: sharedBy,
      isFolder: node.kind === 'folder',
      taken: (candidate) => taken.has(nameKey(candidate)),
    });
    taken.add(nameKey(shown));
    if (node.name !== shown) remote.set(at(node, { parentId: SHARED, name: shown }));
  }
}

function isShare(node: RemoteNode): node is SharedRoot {
  return isSharedRoot(node) && node.share !== null;
}

function byAge(left: SharedRoot, right: SharedRoot): number {
  const order = left.share.sharedAt - right.share.sharedAt;
  return order !== 0 ? order : left.id < right.id ? -1 : 1;
}
