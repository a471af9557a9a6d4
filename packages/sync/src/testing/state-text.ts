import { MemoryStore } from '../state/memory-store.ts';
import { createSyncState, type SyncState } from '../state/sync-state.ts';
import { readTriple, type TripleText } from './triple-text.ts';

/** The agent's memory with these trees in it, as if they had just been observed. */
export function stateOf(text: Pick<TripleText, 'remote' | 'local' | 'synced'>): SyncState {
  const state = createSyncState(new MemoryStore());
  const { remote, local, synced } = readTriple(text);
  state.update((trees) => {
    for (const node of remote.all()) trees.remote.set(node);
    for (const node of local.all()) trees.local.set({ ...node, diskName: node.name });
    for (const node of synced.all()) trees.synced.set(node);
  });
  return state;
}
