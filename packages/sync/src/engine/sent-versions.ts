import type { SyncState } from '../state/sync-state.ts';
import type { NodeId } from '../tree/node.ts';
import { baseOf } from '../tree/settle.ts';

interface Sent {
  readonly content: string;
  readonly version: number;
  /** A pull has begun since. */
  isDue: boolean;
}

/**
 * What the server accepted from here. The feed tells a file's newest state alone: had somebody else
 * sent another version right after ours, it would never say that ours was there, and what lies here
 * would look like an edit that nobody has seen, to be sent once more. Had the file been written again
 * before the feed said that, its next version would look like one that never saw ours, and ours would
 * become a conflicted copy. In memory only: after a crash it is sent once more, which loses nothing.
 */
export class SentVersions {
  readonly #sent = new Map<NodeId, Sent>();

  /** `id`: the server's. */
  note(id: NodeId, sent: Omit<Sent, 'isDue'>): void {
    this.#sent.set(id, { ...sent, isDue: false });
  }

  /** Makes what was sent the merge base, once the feed has come that far and the node is known. */
  agree(state: SyncState): void {
    for (const [id, { content, version }] of this.#sent) {
      const remote = state.trees.remote.get(id);
      if (remote === undefined || remote.version < version) continue;
      const local = state.trees.local.get(id);
      // A new file of here is yet to be recognised as that one.
      if (local === undefined) continue;
      this.#sent.delete(id);
      const synced = state.trees.synced.get(id);
      if ((synced?.version ?? 0) >= version) continue;
      state.update((trees) =>
        trees.synced.set({ ...(synced ?? baseOf(remote)), content, version }),
      );
    }
  }

  /** What is sent from now on may not be in its answer. */
  pullBegins(): void {
    for (const sent of this.#sent.values()) sent.isDue = true;
  }

  /** Where the server hasn't got as far as it had accepted, its history is another one. */
  pullEnded(state: SyncState): void {
    for (const [id, { version, isDue }] of this.#sent) {
      const remote = state.trees.remote.get(id);
      const isAway = remote === undefined || remote.version < version;
      if (isDue && isAway) this.#sent.delete(id);
    }
  }
}
