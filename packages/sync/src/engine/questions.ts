import type { Operation } from '../plan/operation.ts';
import type { Clock } from '../ports/clock.ts';
import type { SyncState } from '../state/sync-state.ts';
import { bringBack } from '../tree/bring-back.ts';
import type { NodeId } from '../tree/node.ts';
import { type Deletions, deletedNodes, isDeletion, massDeletion } from './delete-guard.ts';
import { EditGuard, type Edits } from './edit-guard.ts';

/** What a person says: very much may be deleted, or sent; what is to become of shares removed here. */
export interface Answers {
  readonly acceptDeletes?: boolean;
  readonly acceptEdits?: boolean;
  readonly leave?: boolean;
  readonly bringBack?: boolean;
}

export interface Allowed {
  readonly operations: readonly Operation[];
  /** An answer changed the trees: plan again. */
  readonly isOutdated: boolean;
  /** Something is asked that wasn't before. */
  readonly isAsked: boolean;
}

/** What a person is asked before it happens, and what they said. */
export class Questions {
  readonly #state: SyncState;
  readonly #edits: EditGuard;
  #held: Deletions | null = null;
  /** Whatever is deleted, until nothing is: said before anything was asked. */
  #acceptsAll = false;
  /** What was asked about, and may go; what is deleted after the answer is asked about anew. */
  #accepted: ReadonlySet<NodeId> = new Set();
  #asked: ReadonlySet<NodeId> = new Set();
  #leaving: readonly NodeId[] = [];
  #answer: 'leave' | 'bring back' | null = null;

  constructor(state: SyncState, clock: Pick<Clock, 'now'>) {
    this.#state = state;
    this.#edits = new EditGuard(state, clock);
  }

  /** So much would be deleted. */
  get held(): Deletions | null {
    return this.#held;
  }

  /** So much is edited. */
  get heldEdits(): Edits | null {
    return this.#edits.held;
  }

  /** Shares that were removed here. */
  get leaving(): readonly NodeId[] {
    return this.#leaving;
  }

  get areOpen(): boolean {
    return this.#open().some((isOpen) => isOpen);
  }

  answer(answers: Answers): void {
    if (answers.acceptDeletes === true) this.#acceptDeletes();
    if (answers.acceptEdits === true) this.#edits.accept();
    if (answers.leave === true) this.#answer = 'leave';
    if (answers.bringBack === true) this.#answer = 'bring back';
  }

  /** What of a plan may be done. `isWaiting`: its last attempt failed. */
  allow(operations: readonly Operation[], isWaiting: (id: NodeId) => boolean): Allowed {
    const before = this.#open();
    this.#askBeforeDeleting(operations);
    const { mayLeave, isOutdated } = this.#askBeforeLeaving(operations);
    const edits = new Set(this.#edits.waiting(operations, isWaiting));
    const allowed = operations.filter((operation) => {
      if (operation.kind === 'remote-leave') return mayLeave;
      if (edits.has(operation)) return false;
      if (this.#held === null || this.#accepted.has(operation.id)) return true;
      return !isDeletion(operation);
    });
    const isAsked = this.#open().some((isOpen, index) => isOpen && before[index] === false);
    return { operations: allowed, isOutdated, isAsked };
  }

  /** These are being carried out. */
  started(operations: readonly Operation[]): void {
    this.#edits.started(operations);
  }

  /** Question by question. */
  #open(): readonly boolean[] {
    return [this.#held !== null, this.#edits.held !== null, this.#leaving.length > 0];
  }

  #acceptDeletes(): void {
    if (this.#held === null) this.#acceptsAll = true;
    else this.#accepted = this.#accepted.union(this.#asked);
  }

  #askBeforeDeleting(operations: readonly Operation[]): void {
    const isAny = operations.some(isDeletion);
    if (!isAny) {
      this.#acceptsAll = false;
      this.#accepted = new Set();
    }
    const mass = massDeletion(this.#state, operations, this.#accepted);
    this.#held = this.#acceptsAll ? null : mass;
    this.#asked = this.#held === null ? new Set() : deletedNodes(this.#state, operations);
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
