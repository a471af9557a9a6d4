import type { NodeId } from '../tree/node.ts';
import type { Rest } from '../tree/settle.ts';

/**
 * The nodes that aren't at rest. Additions (see `Rest`) are kept apart, in an order: there may be a
 * million of them, and they can wait for one another's sake.
 */
export class DirtyNodes {
  readonly #changed = new Set<NodeId>();
  readonly #additions = new Set<NodeId>();

  get size(): number {
    return this.#changed.size + this.#additions.size;
  }

  has(id: NodeId): boolean {
    return this.#changed.has(id) || this.#additions.has(id);
  }

  *[Symbol.iterator](): IterableIterator<NodeId> {
    yield* this.#changed;
    yield* this.#additions;
  }

  get changed(): ReadonlySet<NodeId> {
    return this.#changed;
  }

  get additions(): ReadonlySet<NodeId> {
    return this.#additions;
  }

  note(id: NodeId, rest: Rest): void {
    if (rest !== 'changed') this.#changed.delete(id);
    else this.#changed.add(id);
    if (rest !== 'addition') this.#additions.delete(id);
    else this.#additions.add(id);
  }

  /** To the end of the additions. */
  putBack(ids: Iterable<NodeId>): void {
    for (const id of ids) if (this.#additions.delete(id)) this.#additions.add(id);
  }
}
