import { isAppError } from '@valise/core/errors';
import type { RemoteChange, Server } from '../ports/server.ts';
import type { SyncState } from '../state/sync-state.ts';
import { nameShares } from '../tree/name-shares.ts';
import type { NodeId } from '../tree/node.ts';
import { SHARED } from '../tree/shared-folder.ts';
import { descendants, type Trees } from '../tree/tree.ts';

const CURSOR = 'cursor';

export interface PullDeps {
  readonly server: Server;
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
 * Everything anew. Only at its end is it known what is absent. If that was deleted, it goes; if the
 * server's history is another one, absence proves nothing, and what is here is new to the server.
 */
async function listAfresh(
  { server, state, signal }: PullDeps,
  absent: 'absent-is-deleted' | 'absent-is-unknown',
): Promise<void> {
  const listed = new Map<NodeId, RemoteChange>();
  let cursor: string | null = null;
  for (let hasMore = true; hasMore; ) {
    const page = await server.changes(cursor);
    signal.throwIfAborted();
    for (const change of page.changes) listed.set(idOf(change), change);
    ({ cursor, hasMore } = page);
  }
  state.update((trees) => {
    for (const { id } of [...trees.remote.all()]) {
      if (id === SHARED || listed.get(id)?.kind === 'upsert') continue;
      trees.remote.delete(id);
      if (absent === 'absent-is-unknown') trees.synced.delete(id);
    }
    if (absent === 'absent-is-unknown') {
      for (const { id } of [...trees.synced.all()]) {
        if (id !== SHARED && listed.get(id)?.kind !== 'upsert') trees.synced.delete(id);
      }
    }
    applyChanges(trees, [...listed.values()]);
    state.setValue(CURSOR, cursor);
  });
}

function idOf(change: RemoteChange): NodeId {
  return change.kind === 'upsert' ? change.node.id : change.id;
}

function applyChanges(trees: Trees, changes: readonly RemoteChange[]): void {
  const mayRename = changes.some(isShare) || trees.remote.get(SHARED) !== undefined;
  for (const change of changes) {
    if (change.kind === 'upsert') trees.remote.set(change.node);
    else {
      for (const { id } of descendants(trees.remote, change.id)) trees.remote.delete(id);
      trees.remote.delete(change.id);
    }
  }
  if (mayRename) nameShares(trees.remote);
}

function isShare(change: RemoteChange): boolean {
  return change.kind === 'upsert' && change.node.share !== null;
}
