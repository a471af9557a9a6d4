import type { DirtyNodes } from '../state/dirty-nodes.ts';
import type { NodeId } from '../tree/node.ts';
import type { TreesReader } from '../tree/tree.ts';
import { type Block, type BlockReason, isTreeOperation, type Operation } from './operation.ts';
import { plan } from './plan.ts';
import type { PlanOptions } from './plan-options.ts';

/** Additions a piece, where each of them can be done … */
const FIRST = 2_048;
/** … and at most, where many can't. */
const LARGEST = 32_768;

export interface PiecesDeps {
  readonly trees: TreesReader;
  readonly dirty: Omit<DirtyNodes, 'note'>;
  readonly options: PlanOptions;
  /** Additions in the first piece. */
  readonly first?: number | undefined;
}

/**
 * Plans with as many additions as the lanes can take, not with all: of a million files to send, planning
 * for each again and again would take longer than sending them, and a gigabyte of memory. Additions for
 * which nothing can be done now (not wanted here, their folder has still to come) are looked at, too,
 * and go to the end.
 *
 * What isn't looked at can only hold up others: the deletion of its folder, or who wants its place. That
 * brings it into the piece.
 */
export class PlanPieces {
  readonly #deps: PiecesDeps;
  readonly #blocks = new Map<NodeId, BlockReason>();
  readonly #apart = new Set<NodeId>();

  constructor(deps: PiecesDeps) {
    this.#deps = deps;
  }

  /** Why nothing is done about a node; not those that aren't wanted here. */
  get blocks(): ReadonlyMap<NodeId, BlockReason> {
    return this.#blocks;
  }

  /** So many nodes are the server's alone. */
  get apart(): number {
    return this.#apart.size;
  }

  /**
   * Operations as of `plan`, for all that is changed and for some additions; for all additions, if
   * there is little to do. `isBusy`: nothing is to be started for it now.
   */
  plan(isBusy: (id: NodeId) => boolean): readonly Operation[] {
    const { dirty, first = FIRST } = this.#deps;
    // What is put back comes to the end of this, too: `left` ends it.
    const ids = dirty.additions.values();
    let left = dirty.additions.size;
    let useful: readonly NodeId[] = [];
    for (let size = first; ; size = Math.min(size * 2, LARGEST)) {
      const piece: NodeId[] = [];
      for (; left > 0 && piece.length < size; left--) {
        const { value: id } = ids.next();
        if (id !== undefined && !isBusy(id)) piece.push(id);
      }
      const operations = this.#planWith([...useful, ...piece], isBusy);
      const planned = new Set(operations.map(({ id }) => id));
      useful = [...planned].filter((id) => dirty.additions.has(id) && !isBusy(id));
      dirty.putBack(piece.filter((id) => !planned.has(id)));
      const isBefore = operations.some(isTreeOperation);
      if (isBefore || left <= 0 || useful.length * 2 >= first) return operations;
    }
  }

  #planWith(additions: readonly NodeId[], isBusy: (id: NodeId) => boolean): readonly Operation[] {
    const { trees, dirty, options } = this.#deps;
    let ids = [...dirty.changed, ...additions];
    for (;;) {
      const { operations, blocks, missed } = plan(trees, ids, options);
      // A folder that is nowhere by now is waited for in vain, until the feed says more; and what is
      // being sent may be what has come there: the call's answer will tell.
      const more = missed.filter((id) => dirty.additions.has(id) && !isBusy(id));
      if (more.length === 0) {
        if (!operations.some(isTreeOperation)) this.#note(ids, blocks);
        return operations;
      }
      ids = [...ids, ...more];
    }
  }

  #note(looked: readonly NodeId[], blocks: readonly Block[]): void {
    for (const id of looked) {
      this.#blocks.delete(id);
      this.#apart.delete(id);
    }
    for (const { id, reason } of blocks) {
      if (reason === 'excluded') this.#apart.add(id);
      else this.#blocks.set(id, reason);
    }
  }

  /** These were observed anew. */
  forget(ids: Iterable<NodeId>): void {
    for (const id of ids) {
      if (this.#deps.dirty.has(id)) continue;
      this.#blocks.delete(id);
      this.#apart.delete(id);
    }
  }
}
