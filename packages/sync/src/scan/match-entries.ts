import { nameKey } from '@valise/core/names';
import {
  type DiskEntry,
  DiskError,
  type FileSystem,
  type LocalPath,
} from '../ports/file-system.ts';
import type { SyncState } from '../state/sync-state.ts';
import { localPath } from '../tree/local-path.ts';
import { type LocalNode, type NodeId, ROOT } from '../tree/node.ts';

export interface Match {
  readonly entry: DiskEntry;
  /** Which node it is; undefined for a new one. */
  readonly node: LocalNode | undefined;
}

export interface FolderMatches {
  readonly found: readonly Match[];
  readonly missing: readonly LocalNode[];
}

/**
 * Which nodes a folder's entries are:
 *  1. name and inode of a child: that child;
 *  2. the inode of a node that has left its place: that node, moved here. Not so where a child's
 *     name is taken over by a file that nobody has synced yet: then a program saved the child by
 *     writing anew and renaming, and the child was edited;
 *  3. a child's name with another inode: that child, replaced in place;
 *  4. otherwise it is new.
 *
 * Where there are no inodes a child is known by its name alone, in any spelling.
 */
export async function matchEntries(
  deps: { readonly fs: FileSystem; readonly state: SyncState },
  folder: {
    readonly folderId: NodeId;
    readonly entries: readonly DiskEntry[];
    /** All entries, also those that aren't synced. */
    readonly listed: readonly DiskEntry[];
  },
): Promise<FolderMatches> {
  const { folderId, entries } = folder;
  const { state } = deps;
  const inodes = new Map(folder.listed.map((entry) => [entry.name, entry.inode]));
  const known = state.trees.local.children(folderId);
  const children = byDiskName(known, inodes);
  const taken = new Set<NodeId>();
  const found: Match[] = [];
  const others: DiskEntry[] = [];
  for (const entry of entries) {
    const child = children.get(entry.name);
    if (child?.inode === entry.inode && isSameKind(entry, child)) {
      taken.add(child.id);
      found.push({ entry, node: child });
    } else others.push(entry);
  }
  for (const entry of others) {
    const child =
      children.get(entry.name) ??
      (entry.inode === ''
        ? respelled(state.trees.local.named(folderId, nameKey(entry.name)), inodes)
        : undefined);
    const node =
      (await movedHere(deps, { folderId, inodes, taken, child }, entry)) ??
      (child !== undefined && isSameKind(entry, child) && !taken.has(child.id) ? child : undefined);
    if (node !== undefined) taken.add(node.id);
    found.push({ entry, node });
  }
  const missing = known.filter((child) => !taken.has(child.id));
  return { found, missing };
}

/** Of two at one name (one came while the other had gone, unseen) the one that is there. */
function byDiskName(
  nodes: readonly LocalNode[],
  inodes: ReadonlyMap<string, string>,
): Map<string, LocalNode> {
  const named = new Map<string, LocalNode>();
  for (const node of nodes) {
    const isThere = inodes.get(node.diskName) === node.inode;
    if (isThere || !named.has(node.diskName)) named.set(node.diskName, node);
  }
  return named;
}

/** The disk may have changed how it spells a name, or a person its case. */
function respelled(
  nodes: readonly LocalNode[],
  listed: ReadonlyMap<string, string>,
): LocalNode | undefined {
  return nodes.find(({ diskName }) => !listed.has(diskName));
}

async function movedHere(
  { fs, state }: { readonly fs: FileSystem; readonly state: SyncState },
  here: {
    readonly folderId: NodeId;
    readonly inodes: ReadonlyMap<string, string>;
    readonly taken: ReadonlySet<NodeId>;
    readonly child: LocalNode | undefined;
  },
  entry: DiskEntry,
): Promise<LocalNode | undefined> {
  if (entry.inode === '') return undefined;
  for (const node of state.localByInode(entry.inode)) {
    if (here.taken.has(node.id) || !isSameKind(entry, node) || !mayBe(entry, node)) continue;
    const replaces = here.child !== undefined && here.child.id !== node.id;
    if (replaces && state.trees.synced.get(node.id) === undefined) continue;
    if (node.parentId === here.folderId) {
      if (here.inodes.get(node.diskName) === node.inode) continue;
      return node;
    }
    if (isAbove(state, node.id, here.folderId)) continue;
    const path = localPath(state.trees.local, node.id);
    if (path === undefined) return node;
    if (!(await mayStillBeAt(fs, path, node))) return node;
  }
  return undefined;
}

/** Where nobody may look it is taken to have stayed. */
async function mayStillBeAt(
  fs: FileSystem,
  path: LocalPath,
  { inode }: LocalNode,
): Promise<boolean> {
  try {
    return (await fs.look(path))?.inode === inode;
  } catch (error) {
    if (error instanceof DiskError && error.code === 'refused') return true;
    throw error;
  }
}

/** A folder can't have moved into itself: that is an inode used again. */
function isAbove({ trees }: SyncState, id: NodeId, folderId: NodeId): boolean {
  for (let at = folderId; at !== ROOT; ) {
    if (at === id) return true;
    const node = trees.local.get(at);
    if (node === undefined) return false;
    at = node.parentId;
  }
  return false;
}

/** An inode may have been used again: a moved file still has its size and time. */
function mayBe(entry: DiskEntry, node: LocalNode): boolean {
  return entry.kind !== 'file' || entry.stamp === node.stamp;
}

function isSameKind(entry: DiskEntry, node: LocalNode): boolean {
  if (entry.kind === 'symlink') return node.content === `->${entry.target}`;
  return entry.kind === node.kind;
}
