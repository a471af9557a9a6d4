import { type NodeId, placeKey, type TreeNode } from './node.ts';
import type { Tree } from './tree.ts';

/** A tree in memory, for the planner's tests and the simulation. */
export class MemoryTree<Node extends TreeNode> implements Tree<Node> {
  readonly #nodes = new Map<NodeId, Node>();
  readonly #children = new Map<NodeId, Set<NodeId>>();
  readonly #places = new Map<string, NodeId[]>();

  constructor(nodes: Iterable<Node> = []) {
    for (const node of nodes) this.set(node);
  }

  get(id: NodeId): Node | undefined {
    return this.#nodes.get(id);
  }

  children(parentId: NodeId): readonly Node[] {
    const nodes: Node[] = [];
    for (const id of this.#children.get(parentId) ?? []) {
      const node = this.#nodes.get(id);
      if (node !== undefined) nodes.push(node);
    }
    return nodes;
  }

  named(parentId: NodeId, key: string): readonly Node[] {
    const ids = this.#places.get(placeKey(parentId, key)) ?? [];
    return ids.flatMap((id) => this.#nodes.get(id) ?? []);
  }

  set(node: Node): void {
    this.delete(node.id);
    this.#nodes.set(node.id, node);
    const siblings = this.#children.get(node.parentId);
    if (siblings === undefined) this.#children.set(node.parentId, new Set([node.id]));
    else siblings.add(node.id);
    const place = placeKey(node.parentId, node.key);
    const there = this.#places.get(place);
    if (there === undefined) this.#places.set(place, [node.id]);
    else there.push(node.id);
  }

  delete(id: NodeId): void {
    const node = this.#nodes.get(id);
    if (node === undefined) return;
    this.#nodes.delete(id);
    this.#children.get(node.parentId)?.delete(id);
    const place = placeKey(node.parentId, node.key);
    const left = this.#places.get(place)?.filter((other) => other !== id) ?? [];
    if (left.length === 0) this.#places.delete(place);
    else this.#places.set(place, left);
  }

  all(): IterableIterator<Node> {
    return this.#nodes.values();
  }

  get size(): number {
    return this.#nodes.size;
  }
}
