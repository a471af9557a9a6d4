import type { NodeId, Place, RemoteNode } from '../tree/node.ts';
import type { LocalPath } from './file-system.ts';

export interface UploadItem extends Place {
  readonly id: NodeId;
  readonly path: LocalPath;
  readonly size: number;
  /** `identityOf` what is to be sent. */
  readonly identity: string;
  readonly modifiedAt: number;
  readonly executable: boolean;
  readonly baseVersion: number | null;
  /** The next version of the server's file of that id, wherever it is by then: no place counts. */
  readonly isEdit: boolean;
}

export interface DownloadItem {
  readonly id: NodeId;
  readonly node: RemoteNode;
  /** Where an older version of it lies, of which pieces may be reused. */
  readonly path: LocalPath | null;
}

export type Outcome<Result> =
  | { readonly ok: true; readonly result: Result }
  | { readonly ok: false; readonly error: unknown };

export interface Uploaded {
  /** The server's. */
  readonly id: NodeId;
  /** The file's version with it; or a later one, but always earlier than any of other content. */
  readonly version: number;
  /** What was sent, as content. */
  readonly content: string;
}

export interface Downloaded {
  /** Names what was received, for `FileSystem.place`. */
  readonly received: string;
  readonly content: string;
  readonly modifiedAt: number;
  readonly executable: boolean;
}

/**
 * Content between disk and store, many files at once. Each file ends by itself, told in any order;
 * the call rejects only for what concerns them all (an abort, a login that ended, no network).
 * A file that changes meanwhile ends in `content-changed`, and nothing half old and half new is
 * ever committed.
 */
export interface Transfers {
  upload(
    items: readonly UploadItem[],
    tell: (item: UploadItem, outcome: Outcome<Uploaded>) => void,
    signal: AbortSignal,
  ): Promise<void>;
  /** Awaits `tell`, so that not more is received than can be put into place. */
  download(
    items: readonly DownloadItem[],
    tell: (item: DownloadItem, outcome: Outcome<Downloaded>) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void>;
  /** The content at a path that still has that identity; else `content-changed`. */
  hash(path: LocalPath, identity: string, signal: AbortSignal): Promise<string>;
}
