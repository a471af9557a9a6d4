import { MemoryTree } from '../tree/memory-tree.ts';
import type { LocalNode, NodeId, RemoteNode, SyncedNode } from '../tree/node.ts';
import { SHARED, SHARED_FOLDER } from '../tree/shared-folder.ts';
import { descendants, type Tree } from '../tree/tree.ts';
import { type AnyNode, BLANK, RandomChanges, remove } from './random-changes.ts';
import type { RandomSource } from './random-source.ts';

export interface MemoryTrees {
  readonly remote: MemoryTree<RemoteNode>;
  readonly local: MemoryTree<LocalNode>;
  readonly synced: MemoryTree<SyncedNode>;
}

export interface Triple extends MemoryTrees {
  /** What isn't wanted here, with all below it. */
  readonly deselected: ReadonlySet<NodeId>;
  /** Contents that were overwritten by who had seen them, before the server went back to them. */
  readonly superseded: ReadonlySet<string>;
}

/**
 * Trees that share a past: a random tree, and what each side made of it since. Independent trees
 * would share nothing, and nothing interesting would happen.
 */
export class TripleMaker {
  readonly #random: RandomSource;
  readonly #changes: RandomChanges;

  constructor(random: RandomSource) {
    this.#random = random;
    this.#changes = new RandomChanges(random);
  }

  triple(): Triple {
    const old = new MemoryTree<AnyNode>();
    this.#changes.grow(old, this.#random.below(this.#random.chance(0.1) ? 30 : 9));
    const base = new MemoryTree<AnyNode>(old.all());
    const wentBack = this.#random.chance(0.15);
    if (wentBack) this.#changes.perturb(base, 1 + this.#some(), 'there');
    const remote = new MemoryTree<AnyNode>(wentBack ? old.all() : base.all());
    const local = new MemoryTree<AnyNode>(base.all());
    this.#changes.perturb(remote, this.#some(), 'there');
    this.#changes.perturb(local, this.#some(), 'here');
    this.#lookLater(local, base);
    // As a scan does: see `scan-folders.ts`.
    if (local.get(SHARED) && !remote.get(SHARED)) remote.set({ ...BLANK, ...SHARED_FOLDER });
    // In another history, what the server doesn't have says nothing: see `listAfresh`.
    if (wentBack) for (const { id } of [...base.all()]) if (!remote.get(id)) base.delete(id);
    const deselected = this.#random.chance(0.2) ? this.#deselect({ remote, local, base }) : [];
    return {
      remote,
      local,
      synced: new MemoryTree<SyncedNode>(base.all()),
      deselected: new Set(deselected),
      superseded: new Set(wentBack ? [...old.all()].map(({ content }) => content) : []),
    };
  }

  #some(): number {
    return this.#random.below(this.#random.chance(0.1) ? 20 : 6);
  }

  /** Some of what was edited or made here has not been looked at yet. */
  #lookLater(local: Tree<AnyNode>, base: Tree<AnyNode>): void {
    for (const node of [...local.all()]) {
      const isNews = base.get(node.id)?.content !== node.content;
      if (node.kind !== 'file' || !(isNews || this.#random.chance(0.05))) continue;
      if (this.#random.chance(0.4)) hide(local, node);
    }
  }

  /** It went from here before anybody planned; whether it was forgotten by then, too, is open. */
  #deselect(trees: Readonly<Record<'remote' | 'local' | 'base', Tree<AnyNode>>>): NodeId[] {
    const ids: NodeId[] = [];
    for (let count = 1 + this.#random.below(2); count > 0; count--) {
      const nodes = [...trees.remote.all()].filter(({ id }) => id !== SHARED);
      if (nodes.length === 0) break;
      const { id } = this.#random.pick(nodes);
      ids.push(id);
      remove(trees.local, id);
      if (this.#random.chance(0.5)) forgetBelow(trees, id);
    }
    return ids;
  }
}

/** What was taken out of it before is known as it was. */
function forgetBelow(
  { local, base }: Readonly<Record<'local' | 'base', Tree<AnyNode>>>,
  id: NodeId,
) {
  for (const one of [id, ...descendants(base, id).map((node) => node.id)]) {
    if (local.get(one) === undefined) base.delete(one);
  }
}

/** The content moves where only a look finds it. */
function hide(local: Tree<AnyNode>, node: AnyNode): void {
  const hidden: LocalNode = { ...node, content: null, stamp: node.content };
  (local as Tree<LocalNode>).set(hidden);
}
