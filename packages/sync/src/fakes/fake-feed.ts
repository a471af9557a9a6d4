import { AppError } from '@valise/core/errors';
import type { ChangesPage, RemoteChange } from '../ports/server.ts';
import { MemoryTree } from '../tree/memory-tree.ts';
import { type NodeId, type RemoteNode, ROOT } from '../tree/node.ts';
import { SHARED } from '../tree/shared-folder.ts';

const LISTING = ':listing';

/** One person's feed: what they see, in the order in which it changed for them. */
export class FakeFeed {
  readonly tree = new MemoryTree<RemoteNode>();
  readonly #seqs = new Map<NodeId, number>();
  /** When its content (or the node itself) last became another. */
  readonly #contentSeqs = new Map<NodeId, number>();
  readonly #pageSize: number;
  #epoch = 1;
  #seq = 0;
  #minSeq = 0;

  constructor(pageSize: number) {
    this.#pageSize = pageSize;
  }

  /** All that they see now, parents before children. */
  show(nodes: readonly RemoteNode[]): void {
    const shown = new Set(nodes.map(({ id }) => id));
    for (const { id } of [...this.tree.all()]) {
      if (shown.has(id)) continue;
      this.tree.delete(id);
      this.#bump(id);
    }
    for (const node of nodes) {
      const before = this.tree.get(node.id);
      if (before !== undefined && JSON.stringify(before) === JSON.stringify(node)) continue;
      this.tree.set(node);
      this.#bump(node.id);
      if (before?.content !== node.content) this.#contentSeqs.set(node.id, this.#seq);
    }
  }

  changes(since: string | null): ChangesPage {
    const from = this.#position(since);
    const ids = [...this.#seqs]
      .filter(([, seq]) => seq > from)
      .toSorted(([, left], [, right]) => left - right);
    const page = ids.slice(0, this.#pageSize);
    const changes: RemoteChange[] = [];
    const told = new Set<NodeId>();
    for (const [id, seq] of page) this.#tell(id, { changes, told, upTo: seq });
    const hasMore = ids.length > page.length;
    const end = hasMore ? (page.at(-1)?.[1] ?? from) : this.#seq;
    // A listing isn't ended by its own age.
    const isListing = hasMore && (since === null || since.endsWith(LISTING));
    return { changes, cursor: `${this.#epoch}:${end}${isListing ? LISTING : ''}`, hasMore };
  }

  /** Its content became another after that. */
  isNewer(id: NodeId, cursor: string): boolean {
    return (this.#contentSeqs.get(id) ?? 0) > this.#position(cursor);
  }

  /** The cursor of who has read all. */
  get now(): string {
    return `${this.#epoch}:${this.#seq}`;
  }

  /** That cursor may still be read from. */
  isKnown(cursor: string): boolean {
    const [epoch, seq = 0] = cursor.split(':').map(Number);
    return epoch === this.#epoch && seq >= this.#minSeq;
  }

  /** Older cursors end. */
  expireCursors(): void {
    this.#minSeq = this.#seq;
  }

  /** As after a restore from a backup: another history. */
  beginAnew(): void {
    this.#epoch++;
  }

  /** A node, after those of its ancestors that are newer still. */
  #tell(
    id: NodeId,
    page: { readonly changes: RemoteChange[]; readonly told: Set<NodeId>; readonly upTo: number },
  ): void {
    if (page.told.has(id)) return;
    page.told.add(id);
    const node = this.tree.get(id);
    if (node === undefined) {
      page.changes.push({ kind: 'remove', id });
      return;
    }
    const { parentId } = node;
    const isAbove = parentId !== ROOT && parentId !== SHARED;
    if (isAbove && (this.#seqs.get(parentId) ?? 0) > page.upTo) this.#tell(parentId, page);
    page.changes.push({ kind: 'upsert', node });
  }

  #position(cursor: string | null): number {
    if (cursor === null) return 0;
    const [epoch = 0, seq = 0] = cursor.replace(LISTING, '').split(':').map(Number);
    if (epoch !== this.#epoch) throw new AppError('feed-reset');
    if (seq < this.#minSeq && !cursor.endsWith(LISTING)) throw new AppError('cursor-expired');
    return seq;
  }

  #bump(id: NodeId): void {
    this.#seq++;
    this.#seqs.set(id, this.#seq);
  }
}
