import {
  at,
  type LocalNode,
  type NodeId,
  type NodeKind,
  type RemoteNode,
  ROOT,
  type SyncedNode,
} from '../tree/node.ts';
import { SHARED, SHARED_FOLDER } from '../tree/shared-folder.ts';
import { descendants, type Tree } from '../tree/tree.ts';
import type { RandomSource } from './random-source.ts';

/** A node that is every tree's at once. */
export type AnyNode = RemoteNode & LocalNode & SyncedNode;

/** On which side something happens: not all that a person can do here is possible there. */
export type Where = 'here' | 'there';

/** Few names, in both cases, so that they meet often. */
const NAMES = ['a', 'b', 'c', 'd', 'A', 'e'];
/** Given to some folders and files of one's own: it is the shares'. */
const RESERVED = SHARED_FOLDER.name;

/** Makes nodes and changes; ids and contents are counted, so that a run can be repeated. */
export class RandomChanges {
  readonly #random: RandomSource;
  #count = 0;

  constructor(random: RandomSource) {
    this.#random = random;
  }

  /** Puts something new into the tree, now and then with what others share. */
  grow(tree: Tree<AnyNode>, size: number): void {
    if (this.#random.chance(0.4)) this.#share(tree, 1 + this.#random.below(2));
    for (let count = 0; count < size; count++) this.#add(tree, 'there');
  }

  perturb(tree: Tree<AnyNode>, changes: number, where: Where): void {
    for (let count = 0; count < changes; count++) this.#change(tree, where);
  }

  /** Folders of others, some of them for reading only. */
  #share(tree: Tree<AnyNode>, count: number): void {
    tree.set({ ...BLANK, ...SHARED_FOLDER });
    for (let left = count; left > 0; left--) {
      const place = { parentId: SHARED, name: this.#random.pick(NAMES) };
      const owner = this.#random.pick(['ann', 'bob']);
      const share = { name: place.name, sharedBy: owner, sharedAt: this.#next() };
      const role = { owner, share, writable: this.#random.chance(0.5) };
      const kind: NodeKind = this.#random.chance(0.8) ? 'folder' : 'file';
      const content = this.#content(kind);
      const node = at({ ...BLANK, ...role, id: this.#newId(), kind, content }, place);
      if (tree.named(SHARED, node.key).length === 0) tree.set(node);
    }
  }

  /** Its owner calls it something else, or ends the share of a folder, not that of one in it. */
  #shareAnew(tree: Tree<AnyNode>, share: AnyNode): void {
    const place = { parentId: SHARED, name: this.#random.pick(NAMES) };
    if (tree.named(SHARED, at(share, place).key).length > 0) return;
    const below = descendants(tree, share.id).filter(({ kind }) => kind === 'folder');
    if (below.length === 0 || this.#random.chance(0.5)) {
      tree.set(at(share, place));
      return;
    }
    const inner = this.#random.pick(below);
    tree.set({ ...at(inner, place), share: { name: place.name, sharedBy: '', sharedAt: 0 } });
    remove(tree, share.id);
  }

  /** What only happens at the server: shares come and go, roles change. */
  #reshare(tree: Tree<AnyNode>): void {
    const shares = tree.children(SHARED);
    const roll = this.#random.next();
    if (shares.length === 0 || roll < 0.3) this.#share(tree, 1);
    else if (roll < 0.5) remove(tree, this.#random.pick(shares).id);
    else if (roll < 0.7) this.#shareAnew(tree, this.#random.pick(shares));
    else {
      const share = this.#random.pick(shares);
      const writable = !share.writable;
      for (const node of [share, ...descendants(tree, share.id)]) tree.set({ ...node, writable });
    }
  }

  #change(tree: Tree<AnyNode>, where: Where): void {
    const isShared = where === 'there' && tree.get(SHARED) !== undefined;
    if (isShared && this.#random.chance(0.25)) {
      this.#reshare(tree);
      return;
    }
    // At the server nobody can touch what only stands for the shares.
    const nodes = [...tree.all()].filter(({ id }) => where === 'here' || id !== SHARED);
    const roll = this.#random.next();
    if (nodes.length === 0 || roll < 0.25) {
      this.#add(tree, where);
      return;
    }
    const node = this.#random.pick(nodes);
    if (roll < 0.4) remove(tree, node.id);
    else if (roll < 0.75) this.#move(tree, node, where);
    else if (roll < 0.82) this.#swap(tree, node, where);
    else this.#edit(tree, node);
  }

  #add(tree: Tree<AnyNode>, where: Where): void {
    const name = this.#random.chance(0.03) ? RESERVED : this.#random.pick(NAMES);
    const place = { parentId: this.#folder(tree), name };
    if (where === 'there' && place.parentId === SHARED) return;
    const { owner, writable } = tree.get(place.parentId) ?? BLANK;
    const kind: NodeKind = this.#random.pick(['file', 'folder', 'folder', 'file', 'symlink']);
    const node = at(
      { ...BLANK, owner, writable, id: this.#newId(), kind, content: this.#content(kind) },
      place,
    );
    if (tree.named(node.parentId, node.key).length === 0) tree.set(node);
  }

  #move(tree: Tree<AnyNode>, node: AnyNode, where: Where): void {
    const parentId = this.#random.chance(0.6) ? this.#folder(tree) : node.parentId;
    const name = this.#random.chance(0.6) ? this.#random.pick(NAMES) : node.name;
    const moved = at(node, { parentId, name });
    const isInside = [node, ...descendants(tree, node.id)].some(({ id }) => id === parentId);
    const others = tree.named(parentId, moved.key).filter(({ id }) => id !== node.id);
    if (isInside || (where === 'there' && !mayMove(tree, node, parentId))) return;
    // Renaming over an existing name replaces it; never a folder that it lies in.
    const [other] = others;
    if (other !== undefined) {
      if (other.id === SHARED && where === 'there') return;
      if (descendants(tree, other.id).some(({ id }) => id === node.id)) return;
      remove(tree, other.id);
    }
    tree.set(moved);
  }

  #swap(tree: Tree<AnyNode>, node: AnyNode, where: Where): void {
    const other = this.#random.pick([...tree.all()]);
    const isApart = (one: AnyNode, two: AnyNode) =>
      !descendants(tree, one.id).some(({ id }) => id === two.id);
    if (other.id === node.id || !isApart(node, other) || !isApart(other, node)) return;
    const isAllowed = mayMove(tree, node, other.parentId) && mayMove(tree, other, node.parentId);
    if (where === 'there' && !isAllowed) return;
    tree.set(at(node, other));
    tree.set(at(other, node));
  }

  #edit(tree: Tree<AnyNode>, node: AnyNode): void {
    if (node.kind !== 'file') return;
    const roll = this.#random.next();
    if (roll < 0.6) {
      const content = this.#content('file');
      tree.set({ ...node, content, version: node.version + 1, modifiedAt: this.#next() });
    } else if (roll < 0.8) tree.set({ ...node, modifiedAt: this.#next() });
    else tree.set({ ...node, executable: !node.executable });
  }

  #folder(tree: Tree<AnyNode>): NodeId {
    const folders = [...tree.all()].filter(({ kind }) => kind === 'folder');
    return folders.length === 0 || this.#random.chance(0.3) ? ROOT : this.#random.pick(folders).id;
  }

  /** Mostly new content, now and then content that others have too. */
  #content(kind: NodeKind): string {
    if (kind === 'folder') return '';
    const common = this.#random.chance(0.25);
    const name = common ? `common-${this.#random.below(3)}` : `own-${this.#next()}`;
    return kind === 'symlink' ? `->${name}` : name;
  }

  #newId(): NodeId {
    return `n${`${this.#next()}`.padStart(4, '0')}`;
  }

  #next(): number {
    this.#count++;
    return this.#count;
  }
}

export const BLANK: AnyNode = {
  id: '',
  parentId: ROOT,
  name: '',
  key: '',
  kind: 'file',
  content: '',
  size: 0,
  modifiedAt: 0,
  executable: false,
  version: 1,
  writable: true,
  owner: '',
  share: null,
  stamp: '',
  ctime: '',
  inode: '',
  diskName: '',
};

/** Nothing moves between owners, and the names of shares are given. */
function mayMove(tree: Tree<AnyNode>, node: AnyNode, parentId: NodeId): boolean {
  if (node.parentId === SHARED || node.id === SHARED || parentId === SHARED) return false;
  return (tree.get(parentId) ?? BLANK).owner === node.owner;
}

export function remove(tree: Tree<AnyNode>, id: NodeId): void {
  for (const node of descendants(tree, id)) tree.delete(node.id);
  tree.delete(id);
}
