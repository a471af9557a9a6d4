import { isAppError } from '@valise/core/errors';
import type { RemoteChange, Server } from '../ports/server.ts';
import type { SyncState } from '../state/sync-state.ts';
import { nameShares } from '../tree/name-shares.ts';
import type { NodeId, TreeNode } from '../tree/node.ts';
import { SHARED } from '../tree/shared-folder.ts';
import type { Tree, Trees } from '../tree/tree.ts';

const CURSOR = 'cursor';

export interface PullDeps {
  readonly server: Pick<Server, 'changes'>;
  readonly state: SyncState;
  /** Called between pages. */
  readonly signal: AbortSignal;
}

/** Where the Remote tree stands in the server's history; null before the first listing. */
export function cursorOf(state: SyncState): string | null {
  return state.value(CURSOR);
}

/**
 * Brings the Remote tree up to date with the feed. Afterwards it is one moment of the server's
 * history, not older than the call.
 */
export async function pullChanges(deps: PullDeps): Promise<void> {
  const cursor = cursorOf(deps.state);
  if (cursor === null) return listAfresh(deps, 'absent-is-unknown');
  try {
    await follow(deps, cursor, () => {});
  } catch (error) {
    // Between two pages only the last one's cursor counts: whatever failed is asked for again.
    if (isAppError(error, 'cursor-expired')) return listAfresh(deps, 'absent-is-deleted');
    // A server with other keys doesn't know its own cursors: as another history.
    const isForeign = isAppError(error, 'feed-reset') || isAppError(error, 'bad-cursor');
    if (isForeign) return listAfresh(deps, 'absent-is-unknown');
    throw error;
  }
}

/** Applies a push; false if it doesn't go on from where the tree stands. */
export function applyPush(
  state: SyncState,
  push: {
    readonly from: string;
    readonly cursor: string;
    readonly changes: readonly RemoteChange[];
  },
): boolean {
  if (cursorOf(state) !== push.from) return false;
  state.update((trees) => {
    applyChanges(trees, push.changes);
    state.setValue(CURSOR, push.cursor);
  });
  return true;
}

async function follow(
  { server, state, signal }: PullDeps,
  from: string,
  seen: (changes: readonly RemoteChange[]) => void,
): Promise<void> {
  for (let cursor = from, hasMore = true; hasMore; ) {
    const page = await server.changes(cursor);
    signal.throwIfAborted();
    seen(page.changes);
    state.update((trees) => {
      applyChanges(trees, page.changes);
      state.setValue(CURSOR, page.cursor);
    });
    ({ cursor, hasMore } = page);
  }
}

/**
 * Everything anew, page by page into the tree: nothing is planned meanwhile, and the cursor moves
 * only at the end, so that an interrupted listing is begun again. Only at its end is it known what
 * is absent. If that was deleted, it goes; if the server's history is another one, absence proves
 * nothing, and what is here is new to the server.
 */
async function listAfresh(
  { server, state, signal }: PullDeps,
  absent: 'absent-is-deleted' | 'absent-is-unknown',
): Promise<void> {
  const listed = new Set<NodeId>();
  let cursor: string | null = null;
  for (let hasMore = true; hasMore; ) {
    const page = await server.changes(cursor);
    signal.throwIfAborted();
    for (const change of page.changes) note(listed, change);
    state.update((trees) => applyChanges(trees, page.changes));
    ({ cursor, hasMore } = page);
  }
  state.update((trees) => {
    for (const id of idsBesides(trees.remote, listed)) trees.remote.delete(id);
    if (absent === 'absent-is-unknown') {
      for (const id of idsBesides(trees.synced, listed)) trees.synced.delete(id);
    }
    // A share that is no longer there may have held a name until now.
    if (trees.remote.get(SHARED) !== undefined) nameShares(trees.remote);
    state.setValue(CURSOR, cursor);
  });
}

function note(listed: Set<NodeId>, change: RemoteChange): void {
  if (change.kind === 'upsert') listed.add(change.node.id);
  else listed.delete(change.id);
}

/** Collected first: a tree isn't to be changed while it is walked. */
function idsBesides(tree: Tree<TreeNode>, listed: ReadonlySet<NodeId>): NodeId[] {
  const ids: NodeId[] = [];
  for (const { id } of tree.all()) if (id !== SHARED && !listed.has(id)) ids.push(id);
  return ids;
}

function applyChanges(trees: Trees, changes: readonly RemoteChange[]): void {
  const mayRename = changes.some(isShare) || trees.remote.get(SHARED) !== undefined;
  for (const change of changes) {
    if (change.kind === 'upsert') trees.remote.set(change.node);
    // What lies below is told one by one: some of it may be shared by itself, and stays.
    else trees.remote.delete(change.id);
  }
  if (mayRename) nameShares(trees.remote);
}

function isShare(change: RemoteChange): boolean {
  return change.kind === 'upsert' && change.node.share !== null;
}
