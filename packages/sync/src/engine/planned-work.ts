import type { Operation } from '../plan/operation.ts';
import type { NodeId } from '../tree/node.ts';

/** So many files go into one round of a lane; what comes up meanwhile waits for its end. */
const ROUND = 2_048;

/** What a plan that others have overtaken may still begin: it is checked against what is there. */
const ADDS: ReadonlySet<Operation['kind']> = new Set<Operation['kind']>([
  'hash',
  'remote-upload',
  'remote-folder',
  'remote-symlink',
  'local-folder',
  'local-symlink',
  'local-create',
  'local-replace',
]);

/** What the last plan says and no lane has taken yet, lane by lane. */
export class PlannedWork<Lane> {
  readonly #waiting = new Map<Lane, Map<NodeId, Operation>>();
  #isFresh = false;

  /** Another plan begins: what the last one said isn't begun any more. */
  renew(): void {
    this.#waiting.clear();
    this.#isFresh = true;
  }

  add(lane: Lane, operation: Operation): void {
    const waiting = this.#waiting.get(lane);
    if (waiting === undefined) this.#waiting.set(lane, new Map([[operation.id, operation]]));
    else waiting.set(operation.id, operation);
  }

  withdraw(id: NodeId): void {
    for (const waiting of this.#waiting.values()) waiting.delete(id);
  }

  /** Takes rounds out, for lanes that are free. Empty ones aren't told. */
  *rounds(
    isFree: (lane: Lane) => boolean,
    isReady: (operation: Operation) => boolean,
  ): Generator<readonly [Lane, readonly Operation[]]> {
    for (const [lane, waiting] of this.#waiting) {
      if (waiting.size === 0 || !isFree(lane)) continue;
      const round = waiting.values().filter(isReady).take(ROUND).toArray();
      for (const { id } of round) waiting.delete(id);
      if (round.length > 0) yield [lane, round];
    }
    if (this.#isFresh) this.#keepAdditions(isReady);
  }

  /** What didn't begin right after the plan and moves or takes away is planned anew. */
  #keepAdditions(isReady: (operation: Operation) => boolean): void {
    this.#isFresh = false;
    for (const waiting of this.#waiting.values()) {
      for (const [id, operation] of waiting) {
        const { kind } = operation;
        // What isn't ready now may be a file of here by the time that it is.
        const isKept = ADDS.has(kind) && (kind !== 'local-create' || isReady(operation));
        if (!isKept) waiting.delete(id);
      }
    }
  }
}
