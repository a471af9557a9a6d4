import type { Operation } from '../plan/operation.ts';
import type { Clock } from '../ports/clock.ts';
import type { SyncState } from '../state/sync-state.ts';
import type { NodeId } from '../tree/node.ts';

/** Below this, "more than half" is an ordinary day. */
const FEW = 20;
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
  #held: Edits | null = null;
  #isAccepted = false;

  constructor(state: SyncState, clock: Pick<Clock, 'now'>) {
    this.#state = state;
    this.#clock = clock;
  }

  /** What waits for a word. */
  get held(): Edits | null {
    return this.#held;
  }

  /** All that is edited by now may be sent. */
  accept(): void {
    this.#isAccepted = true;
    this.#sent.clear();
  }

  /** Which edits of a plan are not to be sent yet. `isWaiting`: its last attempt failed. */
  waiting(
    operations: readonly Operation[],
    isWaiting: (id: NodeId) => boolean,
  ): readonly Operation[] {
    // As long as a question is open, nothing that it is about is forgotten.
    if (this.#held === null) this.#forgetOld();
    this.#held = null;
    const unknown = operations.filter(({ kind, id }) => kind === 'hash' && !isWaiting(id));
    const sending = operations.filter(isSending);
    if (sending.length + unknown.length === 0) this.#isAccepted = false;
    // Asking for each of them is not free.
    const most = sending.length + unknown.length + this.#sent.size;
    if (this.#isAccepted || sending.length === 0 || most < FEW) return [];
    const edits = sending.filter(({ id }) => this.#isEdited(id));
    const rest = unknown.filter(({ id }) => this.#state.trees.synced.get(id) !== undefined);
    if (edits.length === 0) return [];
    const syncedFiles = this.#state.syncedFiles();
    const isMost = (files: number) => files >= FEW && files * 2 > syncedFiles;
    const files = this.#withSent(edits);
    const sent = this.#sent.size;
    if (isMost(files)) this.#held = { files, sent, syncedFiles };
    return isMost(this.#withSent([...edits, ...rest])) ? edits : [];
  }

  /** These go. */
  started(operations: readonly Operation[]): void {
    if (this.#isAccepted) return;
    const now = this.#clock.now();
    for (const operation of operations) {
      if (isSending(operation) && this.#isEdited(operation.id)) this.#sent.set(operation.id, now);
    }
  }

  #withSent(operations: readonly Operation[]): number {
    return new Set([...this.#sent.keys(), ...operations.map(({ id }) => id)]).size;
  }

  /** At first contact nobody edited anything, nor where the server went back to a backup. */
  #isEdited(id: NodeId): boolean {
    const { local, synced } = this.#state.trees;
    const agreed = synced.get(id);
    return agreed !== undefined && local.get(id)?.content !== agreed.content;
  }

  /** With a clock that was set back, at once. */
  #forgetOld(): void {
    const now = this.#clock.now();
    for (const [id, at] of this.#sent) {
      if (now < at || now - at >= LATELY_MS) this.#sent.delete(id);
    }
  }
}

function isSending(operation: Operation): boolean {
  return operation.kind === 'remote-upload' && operation.isEdit;
}
