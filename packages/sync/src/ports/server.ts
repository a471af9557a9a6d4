import type { NodeId, Place, RemoteNode } from '../tree/node.ts';

export type RemoteChange =
  | { readonly kind: 'upsert'; readonly node: RemoteNode }
  | { readonly kind: 'remove'; readonly id: NodeId };

export interface ChangesPage {
  readonly changes: readonly RemoteChange[];
  readonly cursor: string;
  readonly hasMore: boolean;
}

/**
 * What the server offers besides content. Calls may have worked although they fail; repeating them
 * is safe. Failures are `AppError` and `ClientError`. None of them answers the new state: that comes
 * with the feed, so that what the agent knows of the server is always one moment of its history.
 */
export interface Server {
  /**
   * The feed from a cursor on; null: everything. Throws `cursor-expired` (list afresh, what is
   * absent was deleted) and `feed-reset` (list afresh, absence proves nothing).
   */
  changes(since: string | null): Promise<ChangesPage>;
  createFolder(id: NodeId, place: Place): Promise<void>;
  createSymlink(id: NodeId, place: Place, target: string): Promise<void>;
  /** Within one owner's tree. */
  move(id: NodeId, place: Place): Promise<void>;
  /** Into another owner's tree, a folder with all below it: no content is sent. */
  copy(id: NodeId, place: Place): Promise<void>;
  /** Gives up what somebody shared with this person. */
  leave(id: NodeId): Promise<void>;
  setMeta(
    id: NodeId,
    meta: { readonly modifiedAt: number; readonly executable: boolean },
  ): Promise<void>;
  /** Throws `changed-since` when something below changed after what was seen. */
  remove(
    id: NodeId,
    seen: { readonly version: number } | { readonly cursor: string },
  ): Promise<void>;
}
