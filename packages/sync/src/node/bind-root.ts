import type { Clock } from '../ports/clock.ts';
import type { SyncState } from '../state/sync-state.ts';
import { RootMissing, readMarker, writeMarker } from './root-marker.ts';

/**
 * The folder and the memory of it belong together by an id that both hold. Answers a check that
 * throws `RootMissing` as soon as that is no longer so.
 */
export function bindRoot(
  root: string,
  state: SyncState,
  { clock, newRoot }: { readonly clock: Clock; readonly newRoot: boolean },
): () => Promise<void> {
  const marker = readMarker(root);
  const known = state.value('root');
  if (known !== null && marker !== known) {
    if (!newRoot) throw new RootMissing(root);
    forgetEverything(state);
  }
  const id = marker ?? clock.newId();
  if (marker === null) writeMarker(root, id);
  state.setValue('root', id);
  return async () => {
    if (readMarker(root) !== id) throw new RootMissing(root);
  };
}

function forgetEverything(state: SyncState): void {
  state.update((trees) => {
    for (const tree of [trees.remote, trees.local, trees.synced]) {
      for (const { id } of [...tree.all()]) tree.delete(id);
    }
    state.setValue('cursor', null);
  });
}
