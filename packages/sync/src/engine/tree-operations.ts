import type { TreeOperation } from '../plan/operation.ts';
import type { SyncState } from '../state/sync-state.ts';
import { changeLocalId, crossOver } from '../tree/change-id.ts';
import type { NodeId } from '../tree/node.ts';

/** Carries out what touches the trees alone. */
export function runTreeOperations(
  state: SyncState,
  operations: readonly TreeOperation[],
  newId: () => NodeId,
): void {
  state.update((trees) => {
    for (const operation of operations) {
      switch (operation.kind) {
        case 'adopt':
          changeLocalId(trees, operation.id, operation.remoteId);
          break;
        case 'renew':
          changeLocalId(trees, operation.id, newId());
          break;
        case 'forget':
          trees.synced.delete(operation.id);
          break;
        case 'cross':
          crossOver(trees, operation.id, operation.remoteId);
          break;
        default:
          operation satisfies never;
      }
    }
  });
}
