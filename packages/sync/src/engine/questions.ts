import type { Operation } from '../plan/operation.ts';
import type { SyncState } from '../state/sync-state.ts';
import { bringBack } from '../tree/bring-back.ts';
import type { NodeId } from '../tree/node.ts';
import { type Deletions, isDeletion, massDeletion } from './delete-guard.ts';

/** What a person says: very much may be deleted; what is to become of shares removed here. */
export interface Answers {
  readonly acceptDeletes?: boolean;
  readonly leave?: boolean;
  readonly bringBack?: boolean;
}

/** What a person is asked before it happens, and what they said. */
export class Questions {
  readonly #state: SyncState;
  #held: Deletions | null = null;
  #acceptDeletes = false;
  #leaving: readonly NodeId[] = [];
  #answer: 'leave' | 'bring back' | null = null;

  constructor(state: SyncState) {
    this.#state = state;
  }

  /** So much would be deleted. */
  get held(): Deletions | null {
    return this.#held;
  }

  /** Shares that were removed here. */
  get leaving(): readonly NodeId[] {
    return this.#leaving;
  }

  get areOpen(): boolean {
    return this.#held !== null || this.#leaving.length > 0;
  }

  answer({ acceptDeletes = false, leave = false, bringBack: isWanted = false }: Answers): void {
    this.#acceptDeletes ||= acceptDeletes;
    if (leave) this.#answer = 'leave';
    if (isWanted) this.#answer = 'bring back';
  }

  /** What of a plan may be done. `isOutdated`: an answer changed the trees, plan again. */
  allow(operations: readonly Operation[]): {
    readonly allowed: readonly Operation[];
    readonly isOutdated: boolean;
  } {
    const mass = massDeletion(this.#state, operations);
    if (mass === null && !operations.some(isDeletion)) this.#acceptDeletes = false;
    this.#held = this.#acceptDeletes ? null : mass;
    const { mayLeave, isOutdated } = this.#askBeforeLeaving(operations);
    const allowed = operations.filter((operation) => {
      if (operation.kind === 'remote-leave') return mayLeave;
      return this.#held === null || !isDeletion(operation);
    });
    return { allowed, isOutdated };
  }

  #askBeforeLeaving(operations: readonly Operation[]) {
    const leaving = operations.filter(({ kind }) => kind === 'remote-leave').map(({ id }) => id);
    this.#leaving = this.#answer === null ? leaving : [];
    if (leaving.length === 0) this.#answer = null;
    const isOutdated = this.#answer === 'bring back';
    if (isOutdated) this.#state.update((trees) => bringBack(trees, leaving));
    return { mayLeave: this.#answer === 'leave', isOutdated };
  }
}
