import { AppError } from '@valise/core/errors';
import { nameKey } from '@valise/core/names';
import type { ChangesPage } from '../ports/server.ts';
import { MemoryTree } from '../tree/memory-tree.ts';
import { at, type NodeId, type Place, type RemoteNode, ROOT } from '../tree/node.ts';
import { SHARED } from '../tree/shared-folder.ts';
import { descendants } from '../tree/tree.ts';
import { FakeFeed } from './fake-feed.ts';

export interface Commit extends Place {
  /** The next version of this file, wherever it is; null: of what is at the place. */
  readonly fileId: NodeId | null;
  readonly content: string;
  readonly baseVersion: number | null;
  readonly modifiedAt: number;
  readonly executable: boolean;
}

export type SharedRole = 'viewer' | 'editor';

interface Grant {
  readonly role: SharedRole;
  readonly sharedAt: number;
}

/** The server at one moment. */
export interface Backup {
  readonly tree: readonly RemoteNode[];
  readonly trash: ReadonlyMap<NodeId, RemoteNode>;
  readonly trashed: readonly string[];
  readonly grants: readonly (readonly [NodeId, ReadonlyMap<string, Grant>])[];
}

type Seen = { readonly version: number } | { readonly cursor: string };

/**
 * The server's contract, as far as the agent uses it, for several people. All at once, no waiting,
 * no faults. In here every node is its owner's, and each person has a root.
 */
export class FakeServer {
  /** Contents in the trash. */
  readonly trashed: string[] = [];
  /** Calls that changed something. */
  writes = 0;
  readonly #tree = new MemoryTree<RemoteNode>();
  readonly #trash = new Map<NodeId, RemoteNode>();
  readonly #grants = new Map<NodeId, Map<string, Grant>>();
  readonly #accounts = new Map<string, FakeAccount>();
  readonly #pageSize: number;
  #count = 0;

  constructor(pageSize = 5) {
    this.#pageSize = pageSize;
  }

  /** What one person can do; made when first asked for. */
  account(person: string): FakeAccount {
    const known = this.#accounts.get(person);
    if (known !== undefined) return known;
    const account = new FakeAccount(person, this, new FakeFeed(this.#pageSize));
    this.#accounts.set(person, account);
    return account;
  }

  /** The owner's act; null ends it. */
  share(id: NodeId, person: string, role: SharedRole | null): void {
    const grants = this.#grants.get(id) ?? new Map<string, Grant>();
    const sharedAt = grants.get(person)?.sharedAt ?? this.#next();
    if (role === null) grants.delete(person);
    else grants.set(person, { role, sharedAt });
    this.#grants.set(id, grants);
    this.#written();
  }

  /** Who has it shared with them directly. */
  sharedWith(id: NodeId): readonly string[] {
    return [...(this.#grants.get(id)?.keys() ?? [])];
  }

  createFolder(person: string, id: NodeId, place: Place): void {
    this.#create(person, { id, place }, { kind: 'folder', content: '' });
  }

  createSymlink(person: string, id: NodeId, place: Place & { readonly target: string }): void {
    this.#create(person, { id, place }, { kind: 'symlink', content: `->${place.target}` });
  }

  move(person: string, id: NodeId, to: Place): void {
    const node = this.#needRole(person, id);
    const view = this.#view(person, node);
    const isRoot = view?.parentId === SHARED;
    // The folder of what is shared by itself isn't theirs to see.
    const parentId = isRoot && to.parentId === ROOT ? node.parentId : to.parentId;
    // A name is the node's own: whoever may change that may rename it where it is.
    const isRename = parentId === node.parentId;
    const folder = isRename
      ? { id: parentId, owner: node.owner }
      : this.#needParent(person, parentId);
    const place = { parentId: folder.id, name: to.name };
    if (folder.owner !== node.owner) throw new AppError('cross-owner');
    if (isRoot && place.parentId !== node.parentId) throw new AppError('forbidden');
    if (this.#isAbove(id, place.parentId)) throw new AppError('cycle');
    const moved = at(node, place);
    if (this.#taken(moved)) throw new AppError('name-taken');
    if (moved.parentId === node.parentId && moved.name === node.name) return;
    this.#tree.set(moved);
    this.#written();
  }

  copy(person: string, id: NodeId, place: Place): void {
    const node = this.#need(person, id);
    const folder = this.#needParent(person, place.parentId);
    const to = { parentId: folder.id, name: place.name };
    if (this.#taken(at(node, to))) throw new AppError('name-taken');
    this.#copyBelow(node, to, folder.owner);
    this.#written();
  }

  leave(person: string, id: NodeId): void {
    this.#need(person, id);
    if (this.#grants.get(id)?.has(person) !== true) throw new AppError('invalid-value');
    this.share(id, person, null);
  }

  setMeta(
    person: string,
    id: NodeId,
    { modifiedAt, executable }: { readonly modifiedAt: number; readonly executable: boolean },
  ): void {
    this.#tree.set({ ...this.#needRole(person, id), modifiedAt, executable });
    this.#written();
  }

  remove(person: string, id: NodeId, seen: Seen): void {
    if (this.#tree.get(id) === undefined) return;
    const node = this.#needRole(person, id);
    const below = [node, ...descendants(this.#tree, id)];
    const { feed } = this.account(person);
    const isNewer = (one: RemoteNode) =>
      'version' in seen ? one.version > seen.version : feed.isNewer(one.id, seen.cursor);
    if (below.some(isNewer)) throw new AppError('changed-since');
    for (const one of below) {
      if (one.kind === 'file') this.trashed.push(one.content);
      this.#trash.set(one.id, one);
      this.#tree.delete(one.id);
    }
    this.#written();
  }

  /** An upload's end. */
  commit(person: string, commit: Commit): { readonly id: NodeId; readonly version: number } {
    const { fileId, content, baseVersion, modifiedAt, executable } = commit;
    const there = fileId === null ? this.#at(person, commit) : this.#revive(person, fileId);
    if (there === undefined) {
      const what = { kind: 'file', content, modifiedAt, executable } as const;
      const id = this.#newId();
      this.#create(person, { id, place: commit }, what);
      return { id, version: 1 };
    }
    if (there.kind !== 'file') throw new AppError('name-taken');
    if (there.content !== content && there.version !== baseVersion) this.#keepAside(there);
    const version = there.content === content ? there.version : there.version + 1;
    const size = content.length;
    this.#tree.set({ ...there, content, size, modifiedAt, executable, version });
    this.#written();
    return { id: there.id, version };
  }

  backUp(): Backup {
    const tree = [...this.#tree.all()];
    const grants = [...this.#grants].map(([id, to]) => [id, new Map(to)] as const);
    return { tree, trash: new Map(this.#trash), trashed: [...this.trashed], grants };
  }

  /** Goes back to what it was then; what happened since is unknown to it. */
  restore({ tree, trash, trashed, grants }: Backup): void {
    for (const { id } of [...this.#tree.all()]) this.#tree.delete(id);
    for (const node of tree) this.#tree.set(node);
    this.#trash.clear();
    for (const [id, node] of trash) this.#trash.set(id, node);
    this.trashed.splice(0, Number.POSITIVE_INFINITY, ...trashed);
    this.#grants.clear();
    for (const [id, to] of grants) this.#grants.set(id, new Map(to));
    this.beginAnew();
    this.#written();
  }

  expireCursors(): void {
    for (const { feed } of this.#accounts.values()) feed.expireCursors();
  }

  beginAnew(): void {
    for (const { feed } of this.#accounts.values()) feed.beginAnew();
  }

  #at(person: string, { parentId, name }: Place): RemoteNode | undefined {
    return this.#tree.named(this.#needParent(person, parentId).id, nameKey(name))[0];
  }

  /** What is to be edited; out of the trash, with its folders, if it lies there. */
  #revive(person: string, id: NodeId): RemoteNode {
    if (this.#role(person, id) === null) throw new AppError('file-not-found');
    if (this.#role(person, id) === 'viewer') throw new AppError('forbidden');
    const there = this.#tree.get(id);
    if (there !== undefined) return there;
    const node = this.#trash.get(id);
    if (node === undefined) throw new AppError('target-gone');
    this.#restore(node);
    return this.#need(person, id);
  }

  #restore(node: RemoteNode): void {
    const above = this.#trash.get(node.parentId);
    if (above !== undefined) this.#restore(above);
    let back = node;
    while (this.#taken(back)) back = at(back, { ...back, name: `${back.name} (restored)` });
    this.#tree.set(back);
    this.#trash.delete(node.id);
    if (node.kind === 'file') this.trashed.splice(this.trashed.indexOf(node.content), 1);
  }

  #keepAside(there: RemoteNode): void {
    const id = this.#newId();
    this.#tree.set({
      ...at(there, { ...there, name: `${there.name} (conflicted copy ${id})` }),
      id,
    });
  }

  #create(
    person: string,
    { id, place }: { readonly id: NodeId; readonly place: Place },
    what: Pick<RemoteNode, 'kind' | 'content'> & Partial<RemoteNode>,
  ): void {
    const made = this.#tree.get(id) ?? this.#trash.get(id);
    if (made !== undefined) {
      // A call that is repeated makes nothing, even if what it made lies in the trash by now.
      if (made.kind === what.kind && this.#role(person, id) !== null) return;
      throw new AppError('id-taken');
    }
    const folder = this.#needParent(person, place.parentId);
    const size = what.kind === 'file' ? what.content.length : 0;
    const { owner } = folder;
    const blank = { modifiedAt: 0, executable: false, version: 1, writable: true, share: null };
    const parentId = folder.id;
    const { name } = place;
    const node = { ...blank, ...what, owner, size, id, parentId, name, key: nameKey(name) };
    if (this.#taken(node)) throw new AppError('name-taken');
    this.#tree.set(node);
    this.#written();
  }

  #copyBelow(node: RemoteNode, place: Place, owner: string): void {
    const id = this.#newId();
    const below = this.#tree.children(node.id);
    this.#tree.set({ ...at(node, place), id, owner, version: 1 });
    for (const child of below) this.#copyBelow(child, { parentId: id, name: child.name }, owner);
  }

  /** Shows everybody what they see now. */
  #written(): void {
    this.writes++;
    const nodes = [...this.#accounts.keys()].flatMap((person) =>
      descendants(this.#tree, rootOf(person)),
    );
    for (const [person, { feed }] of this.#accounts) {
      feed.show(nodes.flatMap((node) => this.#view(person, node) ?? []));
    }
  }

  /** A node as one person sees it; null if they don't. */
  #view(person: string, node: RemoteNode): RemoteNode | null {
    const role = this.#role(person, node.id);
    if (role === null) return null;
    if (node.owner === person) {
      const parentId = node.parentId === rootOf(person) ? ROOT : node.parentId;
      return { ...node, parentId, owner: '', writable: true };
    }
    const isRoot = this.#role(person, node.parentId) === null;
    const grant = this.#grants.get(node.id)?.get(person);
    const sharedAt = grant?.sharedAt ?? 0;
    return {
      ...node,
      parentId: isRoot ? SHARED : node.parentId,
      writable: role === 'editor',
      share: isRoot ? { name: node.name, sharedBy: node.owner, sharedAt } : null,
    };
  }

  #role(person: string, id: NodeId): 'owner' | SharedRole | null {
    let best: SharedRole | null = null;
    for (let at = id; ; ) {
      if (at === rootOf(person)) return 'owner';
      const node = this.#tree.get(at) ?? this.#trash.get(at);
      if (node === undefined) return best;
      const role = this.#grants.get(at)?.get(person)?.role;
      if (role !== undefined && best !== 'editor') best = role;
      at = node.parentId;
    }
  }

  #isAbove(id: NodeId, folderId: NodeId): boolean {
    for (
      let at: NodeId | undefined = folderId;
      at !== undefined;
      at = this.#tree.get(at)?.parentId
    ) {
      if (at === id) return true;
    }
    return false;
  }

  #next(): number {
    this.#count++;
    return this.#count;
  }

  #newId(): NodeId {
    return `s${this.#next()}`;
  }

  #taken(node: RemoteNode): boolean {
    return this.#tree.named(node.parentId, node.key).some(({ id }) => id !== node.id);
  }

  #need(person: string, id: NodeId): RemoteNode {
    const node = this.#tree.get(id);
    if (node === undefined || this.#role(person, id) === null) throw new AppError('file-not-found');
    return node;
  }

  #needRole(person: string, id: NodeId): RemoteNode {
    const node = this.#need(person, id);
    if (this.#role(person, id) === 'viewer') throw new AppError('forbidden');
    return node;
  }

  #needParent(person: string, id: NodeId): { readonly id: NodeId; readonly owner: string } {
    if (id === ROOT) return { id: rootOf(person), owner: person };
    // The owner's root, for who keeps a thing where it is without seeing that.
    if (id.startsWith('~')) return { id, owner: id.slice(1) };
    const folder = this.#needRole(person, id);
    if (folder.kind !== 'folder') throw new AppError('not-a-folder');
    return folder;
  }
}

function rootOf(person: string): NodeId {
  return `~${person}`;
}

/** The server as one person's devices know it. */
export class FakeAccount {
  readonly person: string;
  readonly feed: FakeFeed;
  readonly #server: FakeServer;

  constructor(person: string, server: FakeServer, feed: FakeFeed) {
    this.person = person;
    this.#server = server;
    this.feed = feed;
  }

  changes(since: string | null): ChangesPage {
    return this.feed.changes(since);
  }

  createFolder(id: NodeId, place: Place): void {
    this.#server.createFolder(this.person, id, place);
  }

  createSymlink(id: NodeId, place: Place, target: string): void {
    this.#server.createSymlink(this.person, id, { ...place, target });
  }

  move(id: NodeId, place: Place): void {
    this.#server.move(this.person, id, place);
  }

  copy(id: NodeId, place: Place): void {
    this.#server.copy(this.person, id, place);
  }

  leave(id: NodeId): void {
    this.#server.leave(this.person, id);
  }

  setMeta(id: NodeId, meta: { readonly modifiedAt: number; readonly executable: boolean }): void {
    this.#server.setMeta(this.person, id, meta);
  }

  remove(id: NodeId, seen: Seen): void {
    this.#server.remove(this.person, id, seen);
  }

  commit(commit: Commit) {
    return this.#server.commit(this.person, commit);
  }

  /** A file's newest state, as for a download. */
  get(id: NodeId): RemoteNode | undefined {
    return this.feed.tree.get(id);
  }
}
