import { AppError } from '@valise/core/errors';
import { nameKey } from '@valise/core/names';
import type { ChangesPage, RemoteChange } from '../ports/server.ts';
import { MemoryTree } from '../tree/memory-tree.ts';
import { at, type NodeId, type Place, type RemoteNode, ROOT } from '../tree/node.ts';
import { descendants } from '../tree/tree.ts';

export interface Commit extends Place {
  readonly content: string;
  readonly baseVersion: number | null;
  readonly modifiedAt: number;
  readonly executable: boolean;
}

const LISTING = ':listing';

/** The server's contract, as far as the agent uses it. All at once, no waiting, no faults. */
export class FakeServer {
  readonly tree = new MemoryTree<RemoteNode>();
  /** Contents in the trash. */
  readonly trashed: string[] = [];
  /** Calls that changed something. */
  writes = 0;
  readonly #seqs = new Map<NodeId, number>();
  /** When its content (or the node itself) last became another. */
  readonly #contentSeqs = new Map<NodeId, number>();
  readonly #pageSize: number;
  #epoch = 1;
  #seq = 0;
  #minSeq = 0;
  #count = 0;

  constructor(pageSize = 5) {
    this.#pageSize = pageSize;
  }

  get cursor(): string {
    return `${this.#epoch}:${this.#seq}`;
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

  createFolder(id: NodeId, place: Place): void {
    this.#create(id, place, { kind: 'folder', content: '' });
  }

  createSymlink(id: NodeId, place: Place, target: string): void {
    this.#create(id, place, { kind: 'symlink', content: `->${target}` });
  }

  move(id: NodeId, place: Place): void {
    const node = this.#need(id);
    this.#needFolder(place.parentId);
    for (let above = place.parentId; above !== ROOT; above = this.#need(above).parentId) {
      if (above === id) throw new AppError('cycle');
    }
    const moved = at(node, place);
    if (this.#taken(moved)) throw new AppError('name-taken');
    if (moved.parentId === node.parentId && moved.name === node.name) return;
    this.writes++;
    this.tree.set(moved);
    this.#bump(id);
  }

  setMeta(id: NodeId, meta: { readonly modifiedAt: number; readonly executable: boolean }): void {
    const node = this.#need(id);
    this.writes++;
    const { modifiedAt, executable } = meta;
    this.tree.set({ ...node, modifiedAt, executable });
    this.#bump(id);
  }

  remove(id: NodeId, seen: { readonly version: number } | { readonly cursor: string }): void {
    const node = this.tree.get(id);
    if (node === undefined) return;
    const below = [node, ...descendants(this.tree, id)];
    const isNewer = (one: RemoteNode) =>
      'version' in seen
        ? one.version > seen.version
        : (this.#contentSeqs.get(one.id) ?? 0) > this.#position(seen.cursor);
    if (below.some(isNewer)) throw new AppError('changed-since');
    this.writes++;
    for (const one of below.reverse()) {
      if (one.kind === 'file') this.trashed.push(one.content);
      this.tree.delete(one.id);
      this.#bump(one.id);
    }
  }

  /** An upload's end. */
  commit(commit: Commit): void {
    const { parentId, name, content, baseVersion, modifiedAt, executable } = commit;
    this.#needFolder(parentId);
    const there = this.tree.named(parentId, nameKey(name))[0];
    if (there === undefined) {
      this.#count++;
      this.#create(`s${this.#count}`, commit, { kind: 'file', content, modifiedAt, executable });
      return;
    }
    if (there.kind !== 'file') throw new AppError('name-taken');
    this.writes++;
    if (there.content !== content && there.version !== baseVersion) this.#keepAside(there);
    const isSame = there.content === content;
    const version = isSame ? there.version : there.version + 1;
    this.tree.set({ ...there, content, size: content.length, modifiedAt, executable, version });
    this.#bump(there.id);
    if (!isSame) this.#contentSeqs.set(there.id, this.#seq);
  }

  /** Older cursors end. */
  expireCursors(): void {
    this.#minSeq = this.#seq;
  }

  /** As after a restore from a backup: another history. */
  beginAnew(): void {
    this.#epoch++;
  }

  #keepAside(there: RemoteNode): void {
    this.#count++;
    const name = `${there.name} (conflicted copy ${this.#count})`;
    const { kind, content, modifiedAt, executable } = there;
    const place = { parentId: there.parentId, name };
    this.#create(`s${this.#count}`, place, { kind, content, modifiedAt, executable });
  }

  #create(
    id: NodeId,
    place: Place,
    what: Pick<RemoteNode, 'kind' | 'content'> & Partial<RemoteNode>,
  ): void {
    const known = this.tree.get(id);
    if (known !== undefined && known.kind === what.kind) return;
    this.#needFolder(place.parentId);
    const size = what.kind === 'file' ? what.content.length : 0;
    const blank = { modifiedAt: 0, executable: false, version: 1, writable: true, size };
    const node = at({ ...blank, ...what, id, parentId: ROOT, name: '', key: '' }, place);
    if (this.#taken(node)) throw new AppError('name-taken');
    this.writes++;
    this.tree.set(node);
    this.#bump(id);
    this.#contentSeqs.set(id, this.#seq);
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
    if (parentId !== ROOT && (this.#seqs.get(parentId) ?? 0) > page.upTo)
      this.#tell(parentId, page);
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

  #taken(node: RemoteNode): boolean {
    return this.tree.named(node.parentId, node.key).some(({ id }) => id !== node.id);
  }

  #need(id: NodeId): RemoteNode {
    const node = this.tree.get(id);
    if (node === undefined) throw new AppError('file-not-found');
    return node;
  }

  #needFolder(id: NodeId): void {
    if (id !== ROOT && this.#need(id).kind !== 'folder') throw new AppError('not-a-folder');
  }
}
