import { type NodeId, ROOT } from '../tree/node.ts';
import { SHARED } from '../tree/shared-folder.ts';
import type { TreesReader } from '../tree/tree.ts';

/** Whose tree a folder lies in, and whether anything may be put into it. */
export interface Region {
  readonly owner: string;
  readonly writable: boolean;
}

const OWN: Region = { owner: '', writable: true };
const NOBODYS: Region = { owner: SHARED, writable: false };

/** A folder that is new here belongs to whatever it was made in. */
export function regionOf(trees: TreesReader, folderId: NodeId): Region {
  for (let id = folderId; ; ) {
    if (id === ROOT) return OWN;
    if (id === SHARED) return NOBODYS;
    const there = trees.remote.get(id);
    if (there !== undefined) return there;
    const here = trees.local.get(id);
    if (here === undefined) return OWN;
    id = here.parentId;
  }
}
