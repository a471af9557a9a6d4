import type { SyncState } from '../state/sync-state.ts';
import { changeLocalId } from '../tree/change-id.ts';
import type { NodeId } from '../tree/node.ts';

/**
 * What the server says it made under these ids, and the feed doesn't show: the id stands for something
 * that this person can't see (it was theirs as a share, or lies in the trash), and calling again would
 * make nothing. The local node gets another one.
 */
export function renewHidden(state: SyncState, made: readonly NodeId[], newId: () => NodeId): void {
  const { remote, local, synced } = state.trees;
  const hidden = made.filter(
    (id) =>
      remote.get(id) === undefined && local.get(id) !== undefined && synced.get(id) === undefined,
  );
  if (hidden.length === 0) return;
  state.update((trees) => {
    for (const id of hidden) changeLocalId(trees, id, newId());
  });
}
