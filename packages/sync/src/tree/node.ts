import { nameKey } from '@valise/core/names';

/** The server's id of a file or folder, or the one a new local one was given here. */
export type NodeId = string;

/** The folder that is synced. It is in every tree, always, and has no node. */
export const ROOT: NodeId = 'root';

export type NodeKind = 'file' | 'folder' | 'symlink';

/** What every tree knows of a node. */
export interface TreeNode {
  readonly id: NodeId;
  readonly parentId: NodeId;
  /** NFC, as the server has it. */
  readonly name: string;
  /** `nameKey(name)`: siblings with one key would be one file on other systems. */
  readonly key: string;
  readonly kind: NodeKind;
  /**
   * Equal contents have equal strings: a file's fingerprint, a symlink's `->target`, a folder's
   * empty string. Null: there is content here that nobody has looked at yet.
   */
  readonly content: string | null;
  /** Bytes; 0 for what isn't a file. */
  readonly size: number;
  /** Unix milliseconds; 0 for what isn't a file. */
  readonly modifiedAt: number;
  readonly executable: boolean;
}

/** What the server said. */
export interface RemoteNode extends TreeNode {
  readonly content: string;
  readonly version: number;
  /** May this device change it? */
  readonly writable: boolean;
  /** Whose tree it belongs to: another person's id, or empty for the account's own. */
  readonly owner: string;
  /** What stands in `Shared with me` itself; null for all else. */
  readonly share: Share | null;
}

/** What a name in `Shared with me` is made from. */
export interface Share {
  /** As its owner calls it. */
  readonly name: string;
  /** The name of the person who shared it. */
  readonly sharedBy: string;
  /** Unix milliseconds. */
  readonly sharedAt: number;
}

/** What the disk showed. */
export interface LocalNode extends TreeNode {
  /** Size, mtime in ns and inode: while it stays, so does the content. */
  readonly stamp: string;
  /** Time of the last change of anything: content written with an old mtime still shows here. */
  readonly ctime: string;
  /** Survives renames and tells a moved file from a new one. */
  readonly inode: string;
  /** The name as the disk spells it, which may be decomposed. */
  readonly diskName: string;
}

/** What both sides last agreed on: the merge base. */
export interface SyncedNode extends TreeNode {
  readonly content: string;
  readonly version: number;
}

export interface Place {
  readonly parentId: NodeId;
  readonly name: string;
}

/** A place that no two live siblings share. */
export function placeKey(parentId: NodeId, key: string): string {
  return `${parentId}/${key}`;
}

export function at<Node extends TreeNode>(node: Node, { parentId, name }: Place): Node {
  return { ...node, parentId, name, key: nameKey(name) };
}

export function isSamePlace(left: Place, right: Place): boolean {
  return left.parentId === right.parentId && left.name === right.name;
}
