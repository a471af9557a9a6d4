import type { Operation } from '../plan/operation.ts';
import type { Clock } from '../ports/clock.ts';
import type { SyncState } from '../state/sync-state.ts';
import type { NodeId } from '../tree/node.ts';
import { countEdits, editedContent, isMost, isSending } from './edit-count.ts';

/** What rewrites everything takes its time: what was sent meanwhile counts as well. */
const LATELY_MS = 600_000;

/** How much of what was in step has another content here by now. */
export interface Edits {
  readonly files: number;
  /** So many of them were sent within the last minutes. */
  readonly sent: number;
  readonly syncedFiles: number;
}

/**
 * Whether so much was edited here that a person should say so before it is sent: more than half of all
 * files, as after a program that encrypts or rewrites whatever it finds. The server keeps no version
 * that its replacer had seen. Edited is what has another content than was agreed on, and that shows only
 * when it has been looked at: as long as the rest of it could make it more than half, edits wait.
 */
export class EditGuard {
  readonly #state: SyncState;
  readonly #clock: Pick<Clock, 'now'>;
  /** Edits that went without a question, and when. In memory only. */
  readonly #sent = new Map<NodeId, number>();
  /** What a person said may be sent; null: whatever it holds once it has been looked at. */
  readonly #accepted = new Map<NodeId, string | null>();
  #held: Edits | null = null;
  /** What the question is about. */
  #asked: ReadonlyMap<NodeId, string> = new Map();
  /** The word came before the question: it is about what the next plan finds. */
  #isAcceptedAhead = false;

  constructor(state: SyncState, clock: Pick<Clock, 'now'>) {
    this.#state = state;
    this.#clock = clock;
  }

  /** What waits for a word. */
  get held(): Edits | null {
    return this.#held;
  }

  /** All that is edited by now may be sent; what comes later is counted anew. */
  accept(): void {
    if (this.#held === null) this.#isAcceptedAhead = true;
    for (const [id, content] of this.#asked) this.#accepted.set(id, content);
    this.#sent.clear();
  }

  /** Which edits of a plan are not to be sent yet. `isWaiting`: its last attempt failed. */
  waiting(
    operations: readonly Operation[],
    isWaiting: (id: NodeId) => boolean,
  ): readonly Operation[] {
    // As long as a question is open, nothing that it is about is forgotten.
    if (this.#held === null) this.#forgetOld();
    this.#forgetAgreed();
    const isOpen = this.#held !== null || this.#isAcceptedAhead;
    this.#held = null;
    this.#asked = new Map();
    if (!isOpen && !operations.some(isSending)) return [];
    const isLeftOut = (id: NodeId, content: string | null) =>
      this.#accepted.get(id) === content || (content === null && isWaiting(id));
    const counted = countEdits(this.#state, { operations, sent: this.#sent.size, isLeftOut });
    const isAcceptedAhead = this.#isAcceptedAhead;
    this.#isAcceptedAhead = false;
    if (counted === null) return [];
    const { edited, unknown, syncedFiles } = counted;
    if (isAcceptedAhead) {
      for (const [id, content] of edited) this.#accepted.set(id, content);
      for (const id of unknown) this.#accepted.set(id, null);
      return [];
    }
    const files = this.#withSent([...edited.keys()]);
    if (isMost(files, syncedFiles)) {
      this.#held = { files, sent: this.#sent.size, syncedFiles };
      this.#asked = edited;
    }
    const most = this.#withSent([...edited.keys(), ...unknown]);
    if (!isMost(most, syncedFiles)) return [];
    return operations.filter((one) => isSending(one) && edited.has(one.id));
  }

  /** These go. */
  started(operations: readonly Operation[]): void {
    const now = this.#clock.now();
    for (const operation of operations) {
      if (this.#isUnasked(operation)) this.#sent.set(operation.id, now);
    }
  }

  #withSent(ids: readonly NodeId[]): number {
    return new Set([...this.#sent.keys(), ...ids]).size;
  }

  /** Sends an edit that nobody gave a word for. */
  #isUnasked(operation: Operation): boolean {
    if (!isSending(operation)) return false;
    const content = editedContent(this.#state.trees, operation.id);
    return content !== undefined && this.#accepted.get(operation.id) !== content;
  }

  /** A word is about one content: what was agreed on, is gone or holds another one by now needs a new one. */
  #forgetAgreed(): void {
    const { dirty, trees } = this.#state;
    for (const [id, accepted] of this.#accepted) {
      const content = dirty.has(id) ? trees.local.get(id)?.content : undefined;
      if (content === null) continue;
      if (content === undefined || (accepted ?? content) !== content) this.#accepted.delete(id);
      else this.#accepted.set(id, content);
    }
  }

  /** With a clock that was set back, at once. */
  #forgetOld(): void {
    const now = this.#clock.now();
    for (const [id, at] of this.#sent) {
      if (now < at || now - at >= LATELY_MS) this.#sent.delete(id);
    }
  }
}
