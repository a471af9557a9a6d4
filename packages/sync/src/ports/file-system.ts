import type { NodeKind } from '../tree/node.ts';

/** A path below the synced folder, with `/` between names; the folder itself is ''. */
export type LocalPath = string;

/** What the disk shows at a path. */
export interface DiskEntry {
  /** As the disk spells it. */
  readonly name: string;
  /** `other`: a device, a socket, a pipe; never synced. */
  readonly kind: NodeKind | 'other';
  /** Bytes; 0 for what isn't a file. */
  readonly size: number;
  /** Unix milliseconds; 0 for what isn't a file. */
  readonly modifiedAt: number;
  /** Null where the disk knows no such bit. */
  readonly executable: boolean | null;
  /**
   * The same after a rename, hardly ever used again for another file; '' where the disk has nothing
   * such, or not beyond its next mount: then a file is known by its place alone.
   */
  readonly inode: string;
  /** Size, mtime in ns and inode; of a folder the inode alone. */
  readonly stamp: string;
  /** Time of the last change of anything, renames included. */
  readonly ctime: string;
  /** Symlinks only. */
  readonly target?: string;
}

/** Changes with every change of content, and a little more often. */
export function identityOf(entry: { readonly stamp: string; readonly ctime: string }): string {
  return `${entry.stamp}/${entry.ctime}`;
}

/**
 * The synced folder on its disk. Nothing here follows a symlink. Failures are `DiskError`; whatever
 * fails has changed nothing. Every write is durable when its promise resolves, because what the
 * agent then writes into its own state must not be ahead of the disk.
 */
export interface FileSystem {
  /** A folder's entries; null when there is no such folder. */
  list(path: LocalPath): Promise<readonly DiskEntry[] | null>;
  look(path: LocalPath): Promise<DiskEntry | null>;
  /** Refuses (`occupied`) what exists. */
  makeFolder(path: LocalPath): Promise<DiskEntry>;
  makeSymlink(path: LocalPath, target: string): Promise<DiskEntry>;
  /** Refuses (`occupied`) what exists, unless it is the same entry under another spelling. */
  move(from: LocalPath, to: LocalPath): Promise<DiskEntry>;
  /** Into the agent's trash, a folder with all below it; undone by moving it back by hand. */
  trash(path: LocalPath): Promise<void>;
  setMeta(path: LocalPath, meta: FileMeta): Promise<DiskEntry>;
  /**
   * Puts a received file (see `Transfers.download`) into its place, whole or not at all.
   * `replaces`: the identity of what may be overwritten; null for nothing. Anything else there is
   * `occupied` or `changed`.
   */
  place(
    received: string,
    path: LocalPath,
    options: { readonly replaces: string | null },
  ): Promise<Placed>;
}

export interface Placed {
  readonly entry: DiskEntry;
  /** It is what was received; else a program has written there since. */
  readonly isUntouched: boolean;
}

export interface FileMeta {
  readonly modifiedAt: number;
  readonly executable: boolean;
}

export type DiskErrorCode =
  /** Something else is there. */
  | 'occupied'
  /** It isn't what it was when it was last looked at. */
  | 'changed'
  /** It isn't there. */
  | 'missing'
  /** A program has it open, so that nothing can be done with it right now. */
  | 'busy'
  /** The disk says no: permission, space, a name it can't hold. */
  | 'refused';

export class DiskError extends Error {
  override readonly name = 'DiskError';
  readonly code: DiskErrorCode;

  constructor(code: DiskErrorCode, message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options);
    this.code = code;
  }
}
