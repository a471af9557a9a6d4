import { MemoryTree } from '../tree/memory-tree.ts';
import {
  at,
  type LocalNode,
  type NodeId,
  type NodeKind,
  type RemoteNode,
  ROOT,
  type SyncedNode,
} from '../tree/node.ts';
import { descendants, type Tree } from '../tree/tree.ts';
import type { RandomSource } from './random-source.ts';

export interface MemoryTrees {
  readonly remote: MemoryTree<RemoteNode>;
  readonly local: MemoryTree<LocalNode>;
  readonly synced: MemoryTree<SyncedNode>;
}

/** A node that is every tree's at once. */
export type AnyNode = RemoteNode & LocalNode & SyncedNode;

/** Few names, in both cases, so that they meet often. */
const NAMES = ['a', 'b', 'c', 'd', 'A', 'e'];

/** Makes nodes and changes; ids and contents are counted, so that a run can be repeated. */
export class TripleMaker {
  readonly #random: RandomSource;
  #count = 0;

  constructor(random: RandomSource) {
    this.#random = random;
  }

  /**
   * Trees that share a past: a random tree, and what each side made of it since. Independent trees
   * would share nothing, and nothing interesting would happen.
   */
  triple(): MemoryTrees {
    const base = new MemoryTree<AnyNode>();
    const size = this.#random.below(this.#random.chance(0.1) ? 30 : 9);
    for (let count = 0; count < size; count++) this.#add(base);
    const remote = new MemoryTree<AnyNode>(base.all());
    const local = new MemoryTree<AnyNode>(base.all());
    const most = this.#random.chance(0.1) ? 20 : 6;
    this.perturb(remote, this.#random.below(most));
    this.perturb(local, this.#random.below(most));
    this.#lookLater(local, base);
    return { remote, local, synced: new MemoryTree<SyncedNode>(base.all()) };
  }

  perturb(tree: Tree<AnyNode>, changes: number): void {
    for (let count = 0; count < changes; count++) this.#change(tree);
  }

  /** Some of what was edited or made here has not been looked at yet. */
  #lookLater(local: Tree<AnyNode>, base: Tree<AnyNode>): void {
    for (const node of [...local.all()]) {
      const isNews = base.get(node.id)?.content !== node.content;
      if (node.kind !== 'file' || !(isNews || this.#random.chance(0.05))) continue;
      if (this.#random.chance(0.4)) hide(local, node);
    }
  }

  #change(tree: Tree<AnyNode>): void {
    const nodes = [...tree.all()];
    const roll = this.#random.next();
    if (nodes.length === 0 || roll < 0.25) {
      this.#add(tree);
      return;
    }
    const node = this.#random.pick(nodes);
    if (roll < 0.4) remove(tree, node.id);
    else if (roll < 0.75) this.#move(tree, node);
    else if (roll < 0.82) this.#swap(tree, node);
    else this.#edit(tree, node);
  }

  #add(tree: Tree<AnyNode>): void {
    const place = { parentId: this.#folder(tree), name: this.#random.pick(NAMES) };
    const kind: NodeKind = this.#random.pick(['file', 'folder', 'folder', 'file', 'symlink']);
    const node = at(
      { ...BLANK, id: this.#newId(), kind, content: this.#content(kind), version: 1 },
      place,
    );
    if (tree.named(node.parentId, node.key).length === 0) tree.set(node);
  }

  #move(tree: Tree<AnyNode>, node: AnyNode): void {
    const parentId = this.#random.chance(0.6) ? this.#folder(tree) : node.parentId;
    const name = this.#random.chance(0.6) ? this.#random.pick(NAMES) : node.name;
    const moved = at(node, { parentId, name });
    const isInside = [node, ...descendants(tree, node.id)].some(({ id }) => id === parentId);
    const others = tree.named(parentId, moved.key).filter(({ id }) => id !== node.id);
    if (isInside) return;
    // Renaming over an existing name replaces it; never a folder that it lies in.
    const [other] = others;
    if (other !== undefined) {
      if (descendants(tree, other.id).some(({ id }) => id === node.id)) return;
      remove(tree, other.id);
    }
    tree.set(moved);
  }

  #swap(tree: Tree<AnyNode>, node: AnyNode): void {
    const other = this.#random.pick([...tree.all()]);
    const isApart = (one: AnyNode, two: AnyNode) =>
      !descendants(tree, one.id).some(({ id }) => id === two.id);
    if (other.id === node.id || !isApart(node, other) || !isApart(other, node)) return;
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

const BLANK: AnyNode = {
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
  stamp: '',
  ctime: '',
  inode: '',
  diskName: '',
};

function remove(tree: Tree<AnyNode>, id: NodeId): void {
  for (const node of descendants(tree, id)) tree.delete(node.id);
  tree.delete(id);
}

/** The content moves where only a look finds it. */
function hide(local: Tree<AnyNode>, node: AnyNode): void {
  const hidden: LocalNode = { ...node, content: null, stamp: node.content };
  (local as Tree<LocalNode>).set(hidden);
}
