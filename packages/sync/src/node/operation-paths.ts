import type { EngineEvent } from '../engine/engine-types.ts';
import type { Operation } from '../plan/operation.ts';
import type { LocalPath } from '../ports/file-system.ts';
import { remotePath } from '../selection/selection.ts';
import type { SyncState } from '../state/sync-state.ts';
import { joinPath, localPath } from '../tree/local-path.ts';
import type { NodeId } from '../tree/node.ts';

/** Where an operation happens, looked up before it begins: afterwards a deleted node has no path. */
export class OperationPaths {
  readonly #state: SyncState;
  readonly #begun = new Map<Operation, LocalPath>();

  constructor(state: SyncState) {
    this.#state = state;
  }

  of({ kind, operation }: EngineEvent): LocalPath {
    const path = this.#begun.get(operation) ?? pathOfOperation(this.#state, operation);
    if (kind === 'started') this.#begun.set(operation, path);
    else this.#begun.delete(operation);
    return path;
  }
}

function pathOfOperation(state: SyncState, operation: Operation): LocalPath {
  const { local } = state.trees;
  if ('parentId' in operation) {
    return joinPath(localPath(local, operation.parentId) ?? '', operation.name);
  }
  return pathOfNode(state, operation.id);
}

/** Here, or else at the server. */
export function pathOfNode(state: SyncState, id: NodeId): LocalPath {
  const here = localPath(state.trees.local, id);
  if (here !== undefined) return here;
  return remotePath(state, id) ?? id;
}

/** How much content it moves at most. */
export function bytesOf({ trees }: SyncState, { kind, id }: Operation): number {
  if (kind === 'remote-upload') return trees.local.get(id)?.size ?? 0;
  if (kind === 'local-create' || kind === 'local-replace') return trees.remote.get(id)?.size ?? 0;
  return 0;
}
