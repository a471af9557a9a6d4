import { AppError } from '@valise/core/errors';
import { nameKey } from '@valise/core/names';
import type { ChangesPage } from '../ports/server.ts';
import { at, type NodeId, type Place, type RemoteNode, ROOT } from '../tree/node.ts';
import { SHARED } from '../tree/shared-folder.ts';
import { descendants } from '../tree/tree.ts';
import { FakeFeed } from './fake-feed.ts';
import { type Backup, FakeFiles, type SharedRole } from './fake-files.ts';

export interface Commit extends Place {
  /** The next version of this file, wherever it is; null: of what is at the place. */
  readonly fileId: NodeId | null;
  readonly content: string;
  readonly baseVersion: number | null;
  readonly modifiedAt: number;
  readonly executable: boolean;
}

type Seen = { readonly version: number } | { readonly cursor: string };

/**
 * The server's contract, as far as the agent uses it, for several people. All at once, no waiting,
 * no faults.
 */
export class FakeServer {
  /** Calls that changed something. */
  writes = 0;
  readonly #files = new FakeFiles();
  readonly #accounts = new Map<string, FakeAccount>();
  readonly #pageSize: number;
  #count = 0;

  constructor(pageSize = 5) {
    this.#pageSize = pageSize;
  }

  /** Contents in the trash. */
  get trashed(): readonly string[] {
    return this.#files.trashed;
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
    const sharedAt = this.#files.grant(id, person)?.sharedAt ?? this.#next();
    this.#files.setGrant(id, person, role === null ? null : { role, sharedAt });
    this.#written();
  }

  /** Who has it shared with them directly. */
  sharedWith(id: NodeId): readonly string[] {
    return this.#files.sharedWith(id);
  }

  createFolder(person: string, id: NodeId, place: Place): void {
    this.#create(person, { id, place }, { kind: 'folder', content: '' });
  }

  createSymlink(person: string, id: NodeId, place: Place & { readonly target: string }): void {
    this.#create(person, { id, place }, { kind: 'symlink', content: `->${place.target}` });
  }

  move(person: string, id: NodeId, to: Place): void {
    const files = this.#files;
    const node = files.needRole(person, id);
    const isRoot = files.view(person, node)?.parentId === SHARED;
    // The folder of what is shared by itself isn't theirs to see.
    const parentId = isRoot && to.parentId === ROOT ? node.parentId : to.parentId;
    // A name is the node's own: whoever may change that may rename it where it is.
    const isRename = parentId === node.parentId;
    const folder = isRename
      ? { id: parentId, owner: node.owner }
      : files.needParent(person, parentId);
    const place = { parentId: folder.id, name: to.name };
    if (folder.owner !== node.owner) throw new AppError('cross-owner');
    if (isRoot && place.parentId !== node.parentId) throw new AppError('forbidden');
    if (files.isAbove(id, place.parentId)) throw new AppError('cycle');
    const moved = at(node, place);
    if (files.isTaken(moved)) throw new AppError('name-taken');
    if (moved.parentId === node.parentId && moved.name === node.name) return;
    files.tree.set(moved);
    this.#written();
  }

  copy(person: string, id: NodeId, place: Place): void {
    const node = this.#files.need(person, id);
    const folder = this.#files.needParent(person, place.parentId);
    const to = { parentId: folder.id, name: place.name };
    if (this.#files.isTaken(at(node, to))) throw new AppError('name-taken');
    this.#copyBelow(node, to, folder.owner);
    this.#written();
  }

  leave(person: string, id: NodeId): void {
    this.#files.need(person, id);
    if (this.#files.grant(id, person) === undefined) throw new AppError('invalid-value');
    this.share(id, person, null);
  }

  setMeta(
    person: string,
    id: NodeId,
    { modifiedAt, executable }: { readonly modifiedAt: number; readonly executable: boolean },
  ): void {
    this.#files.tree.set({ ...this.#files.needRole(person, id), modifiedAt, executable });
    this.#written();
  }

  remove(person: string, id: NodeId, seen: Seen): void {
    const { tree } = this.#files;
    if (tree.get(id) === undefined) return;
    const node = this.#files.needRole(person, id);
    const below = [node, ...descendants(tree, id)];
    const { feed } = this.account(person);
    const isNewer = (one: RemoteNode) =>
      'version' in seen ? one.version > seen.version : feed.isNewer(one.id, seen.cursor);
    if (below.some(isNewer)) throw new AppError('changed-since');
    for (const one of below) this.#files.discard(one);
    this.#written();
  }

  /** An upload's end. */
  commit(person: string, commit: Commit): { readonly id: NodeId; readonly version: number } {
    const { fileId, content, baseVersion, modifiedAt, executable } = commit;
    const files = this.#files;
    const there = fileId === null ? files.named(person, commit) : files.revive(person, fileId);
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
    files.tree.set({ ...there, content, size, modifiedAt, executable, version });
    this.#written();
    return { id: there.id, version };
  }

  backUp(): Backup {
    return this.#files.backUp();
  }

  /** Goes back to what it was then; what happened since is unknown to it. */
  restore(backup: Backup): void {
    this.#files.restore(backup);
    this.beginAnew();
    this.#written();
  }

  expireCursors(): void {
    for (const { feed } of this.#accounts.values()) feed.expireCursors();
  }

  beginAnew(): void {
    for (const { feed } of this.#accounts.values()) feed.beginAnew();
  }

  #keepAside(there: RemoteNode): void {
    const id = this.#newId();
    const place = { ...there, name: `${there.name} (conflicted copy ${id})` };
    this.#files.tree.set({ ...at(there, place), id });
  }

  #create(
    person: string,
    { id, place }: { readonly id: NodeId; readonly place: Place },
    what: Pick<RemoteNode, 'kind' | 'content'> & Partial<RemoteNode>,
  ): void {
    const made = this.#files.made(id);
    if (made !== undefined) {
      // A call that is repeated makes nothing, even if what it made lies in the trash by now.
      if (made.kind === what.kind && this.#files.role(person, id) !== null) return;
      throw new AppError('id-taken');
    }
    const { id: parentId, owner } = this.#files.needParent(person, place.parentId);
    const size = what.kind === 'file' ? what.content.length : 0;
    const blank = { modifiedAt: 0, executable: false, version: 1, writable: true, share: null };
    const { name } = place;
    const node = { ...blank, ...what, owner, size, id, parentId, name, key: nameKey(name) };
    if (this.#files.isTaken(node)) throw new AppError('name-taken');
    this.#files.tree.set(node);
    this.#written();
  }

  #copyBelow(node: RemoteNode, place: Place, owner: string): void {
    const id = this.#newId();
    const below = this.#files.tree.children(node.id);
    this.#files.tree.set({ ...at(node, place), id, owner, version: 1 });
    for (const child of below) this.#copyBelow(child, { parentId: id, name: child.name }, owner);
  }

  /** Shows everybody what they see now. */
  #written(): void {
    this.writes++;
    const nodes = this.#files.of([...this.#accounts.keys()]);
    for (const [person, { feed }] of this.#accounts) {
      feed.show(nodes.flatMap((node) => this.#files.view(person, node) ?? []));
    }
  }

  #next(): number {
    this.#count++;
    return this.#count;
  }

  #newId(): NodeId {
    return `s${this.#next()}`;
  }
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
