import { nameKey } from '@valise/core/names';
import type { SyncState } from '../state/sync-state.ts';
import { changeLocalId } from '../tree/change-id.ts';
import type { LocalNode, NodeId, Place, RemoteNode, SyncedNode } from '../tree/node.ts';
import { baseOf } from '../tree/settle.ts';
import type { Trees } from '../tree/tree.ts';

/** The local node, and the place that it was sent for. A new file's id at the server is another one. */
export interface Origin extends Place {
  readonly id: NodeId;
  readonly inode: string;
  readonly stamp: string;
}

export interface SentVersion {
  readonly content: string;
  readonly version: number;
  readonly origin: Origin;
}

interface Sent extends SentVersion {
  /** A pull has begun since. */
  isDue: boolean;
}

/**
 * What the server accepted from here. The feed tells a file's newest state alone: had somebody else
 * sent another version right after ours, it would never say that ours was there, and what lies here
 * would look like an edit that nobody has seen, to be sent once more. Had the file been written again
 * before the feed said that, its next version would look like one that never saw ours, and ours would
 * become a conflicted copy. Of a new file that was renamed, moved or deleted while it was sent, the feed
 * shows the first name, where nothing is by then: it would be received anew. And what others deleted while
 * an edit of it was sent is a new file here by then, and comes back there: it would be there twice.
 *
 * In memory only: after a crash it is sent or received once more, which loses nothing.
 */
export class SentVersions {
  readonly #sent = new Map<NodeId, Sent>();

  /** `id`: the server's. */
  note(id: NodeId, sent: SentVersion): void {
    this.#sent.set(id, { ...sent, isDue: false });
  }

  /** Makes what was sent the merge base, once the feed has come that far. */
  agree(state: SyncState): void {
    const due = [...this.#sent].flatMap(([id, sent]) => {
      const remote = state.trees.remote.get(id);
      return remote === undefined || remote.version < sent.version ? [] : [{ remote, sent }];
    });
    if (due.length === 0) return;
    state.update((trees) => {
      for (const { remote, sent } of due) {
        this.#sent.delete(remote.id);
        agreeOn(state, trees, { remote, sent });
      }
    });
  }

  /** Of what the feed hasn't shown yet. */
  inodes(): ReadonlySet<string> {
    const inodes = new Set([...this.#sent.values()].map(({ origin }) => origin.inode));
    inodes.delete('');
    return inodes;
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

function agreeOn(
  state: SyncState,
  trees: Trees,
  { remote, sent }: { readonly remote: RemoteNode; readonly sent: SentVersion },
): void {
  const { content, version, origin } = sent;
  const { id } = remote;
  const synced = trees.synced.get(id);
  if ((synced?.version ?? 0) >= version) return;
  const base = { ...(synced ?? baseOf(remote)), content, version };
  const before = trees.local.get(id);
  const itself = trees.local.get(origin.id);
  if (before !== undefined && itself !== undefined && origin.id !== id) {
    if (itself.kind === remote.kind) changePlaces(trees, { before, itself, base, origin });
    return;
  }
  const isHere = before !== undefined;
  if (!isHere && becomes(state, trees, { remote, sent })) {
    const { parentId, name } = origin;
    trees.synced.set({ ...base, parentId, name, key: nameKey(name) });
  } else if (isHere || synced !== undefined) trees.synced.set(base);
}

/**
 * A new file was sent to a name that others had given to one that lies elsewhere here: it became that
 * one's next version. So it is that one from now on, and what lies elsewhere is gone as far as others
 * are concerned: it stays if it was edited.
 */
function changePlaces(
  trees: Trees,
  of: {
    readonly before: LocalNode;
    readonly itself: LocalNode;
    readonly base: SyncedNode;
    readonly origin: Origin;
  },
): void {
  const { before, itself, base, origin } = of;
  const past = trees.synced.get(before.id);
  trees.local.set({ ...itself, id: before.id });
  trees.local.set({ ...before, id: itself.id });
  const { parentId, name } = origin;
  trees.synced.set({ ...base, parentId, name, key: nameKey(name) });
  if (past !== undefined) trees.synced.set({ ...past, id: itself.id });
}

/**
 * The local node is that one from now on, wherever it is by then; or was deleted as that one. False
 * where it goes by another id already, or nothing can be concluded.
 */
function becomes(
  state: SyncState,
  trees: Trees,
  { remote, sent }: { readonly remote: RemoteNode; readonly sent: SentVersion },
): boolean {
  const { origin } = sent;
  // As a new one it is in the Local tree when it was renamed and edited at once, or deleted there.
  const itself = trees.local.get(origin.id);
  const nodes = itself === undefined ? nodesOf(state, origin.inode) : [itself];
  // It went, or took the place of another one and is that one: the sent one is deleted.
  const isGone = nodes.every(({ id }) => trees.remote.get(id) !== undefined);
  if (itself === undefined && isGone) return true;
  // Another hard link may be known already.
  const free = nodes.filter(
    ({ id, kind }) => kind === remote.kind && trees.remote.get(id) === undefined,
  );
  const isEdit = origin.id === remote.id;
  const isAsSent = ({ content, stamp }: LocalNode) =>
    content === sent.content || stamp === origin.stamp;
  // The inode alone may have been used again since what was edited was deleted here.
  const node = free.find(isAsSent) ?? (isEdit ? undefined : free[0]);
  if (node === undefined) return false;
  changeLocalId(trees, node.id, remote.id);
  return true;
}

function nodesOf(state: SyncState, inode: string): readonly LocalNode[] {
  return inode === '' ? [] : state.localByInode(inode);
}
