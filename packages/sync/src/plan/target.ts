import { nameKey } from '@valise/core/names';
import {
  isSamePlace,
  type NodeId,
  type Place,
  placeKey,
  ROOT,
  type TreeNode,
} from '../tree/node.ts';
import { SHARED } from '../tree/shared-folder.ts';
import { descendants, type TreesReader } from '../tree/tree.ts';
import { type Fate, fateOf, type Views, viewsOf } from './fates.ts';
import { mergePlace } from './merge-place.ts';
import type { PlanOptions } from './plan-options.ts';
import { regionOf } from './region.ts';

export interface DirtyNode {
  readonly id: NodeId;
  readonly views: Views;
  fate: Fate;
  place: Place;
}

function isOut({ fate }: DirtyNode): boolean {
  return fate === 'apart' || fate === 'evicted';
}

/** What is at rest where the shares are to appear has to make room. */
function inTheWay({ remote, synced }: TreesReader): readonly NodeId[] {
  const shared = remote.get(SHARED);
  if (shared === undefined) return [];
  const there = synced.named(shared.parentId, shared.key).map(({ id }) => id);
  return there.filter((id) => id !== SHARED);
}

/**
 * The tree that both sides should become: the dirty nodes with their fates and places; every other
 * node stays where it is. Three faults that merging can cause are mended here: a living node below
 * a dead one (the dead one is wanted after all), folders inside one another (the server's order
 * holds), two nodes at one place (see `collisions.ts`).
 */
export class Target {
  readonly #trees: TreesReader;
  readonly #options: PlanOptions;
  readonly #nodes = new Map<NodeId, DirtyNode>();
  readonly #missed = new Set<NodeId>();

  constructor(trees: TreesReader, dirty: Iterable<NodeId>, options: PlanOptions) {
    this.#trees = trees;
    this.#options = options;
    // In the order of their ids: a plan depends on nothing but the trees.
    for (const id of [...new Set([...dirty, ...inTheWay(trees)])].sort()) {
      const views = viewsOf(trees, id);
      const place = mergePlace(views, trees);
      if (place !== undefined) this.#nodes.set(id, { id, views, fate: 'alive', place });
    }
    this.#breakCycles();
    this.#stayInSight();
    for (const node of this.#nodes.values()) {
      node.fate = fateOf(node.views, () => this.#isExcluded(node));
    }
    this.#leave();
    this.#revive();
    this.#evict();
  }

  /** Dirty nodes, in the order of their ids. */
  nodes(): Iterable<DirtyNode> {
    return this.#nodes.values();
  }

  dirty(id: NodeId): DirtyNode | undefined {
    return this.#nodes.get(id);
  }

  /** Fate of any node: what isn't dirty lives. */
  fate(id: NodeId): Fate {
    return this.#nodes.get(id)?.fate ?? 'alive';
  }

  place(id: NodeId): Place | undefined {
    return this.#nodes.get(id)?.place ?? this.#trees.synced.get(id);
  }

  move(id: NodeId, place: Place): void {
    const node = this.#nodes.get(id);
    if (node !== undefined) node.place = place;
  }

  /** It isn't at rest, and the plan isn't about it. */
  isUnseen(id: NodeId): boolean {
    return !this.#nodes.has(id) && this.#trees.synced.get(id) === undefined;
  }

  /** What isn't looked at and others wait for. */
  get missed(): ReadonlySet<NodeId> {
    return this.#missed;
  }

  waitFor(id: NodeId): void {
    if (this.isUnseen(id)) this.#missed.add(id);
  }

  /** The lowest node from the folder upwards for which `test` holds. */
  above(parentId: NodeId, test: (node: DirtyNode) => boolean): DirtyNode | undefined {
    for (let id = parentId; id !== ROOT; ) {
      const node = this.#nodes.get(id);
      if (node !== undefined && test(node)) return node;
      const place = this.place(id);
      if (place === undefined) return undefined;
      id = place.parentId;
    }
    return undefined;
  }

  /** It was put into another owner's tree, where it can only be copied to. */
  crosses({ id, place }: { readonly id: NodeId; readonly place: Place }): boolean {
    const remote = this.#trees.remote.get(id);
    if (remote === undefined || remote.parentId === place.parentId) return false;
    return regionOf(this.#trees, place.parentId).owner !== remote.owner;
  }

  /** Nodes that live at a place: the dirty ones whose place it is, and the one at rest there. */
  atRest(parentId: NodeId, key: string): TreeNode | undefined {
    return this.#trees.synced.named(parentId, key).find((node) => !this.#nodes.has(node.id));
  }

  /** By place, the dirty nodes that keep their names: those that live, here or at the server alone. */
  byPlace(): Map<string, DirtyNode[]> {
    const places = new Map<string, DirtyNode[]>();
    for (const node of this.#nodes.values()) {
      if (node.fate !== 'alive' && !isOut(node)) continue;
      const key = placeKey(node.place.parentId, nameKey(node.place.name));
      const there = places.get(key);
      if (there === undefined) places.set(key, [node]);
      else there.push(node);
    }
    return places;
  }

  /** On every ring at least one folder was moved here: it goes back to where the server has it. */
  #breakCycles(): void {
    for (const node of this.#nodes.values()) {
      for (let ring = this.#ringOf(node); ring.length > 0; ring = this.#ringOf(node)) {
        for (const member of ring) {
          const { remote } = member.views;
          if (remote !== undefined) {
            member.place = { parentId: remote.parentId, name: remote.name };
          }
        }
      }
    }
  }

  /** The ring that this node lies on; empty for none. */
  #ringOf(start: DirtyNode): DirtyNode[] {
    const seen = new Set<NodeId>();
    const ring: DirtyNode[] = [];
    for (let id = start.id; id !== ROOT; ) {
      if (seen.has(id)) return id === start.id ? ring : [];
      seen.add(id);
      const node = this.#nodes.get(id);
      if (node !== undefined) ring.push(node);
      const place = this.place(id);
      if (place === undefined) return [];
      id = place.parentId;
    }
    return [];
  }

  /** Nothing is copied to where nothing is synced here: its copy would never be seen. */
  #stayInSight(): void {
    for (const node of this.#nodes.values()) {
      const { remote } = node.views;
      if (remote === undefined || !this.crosses(node)) continue;
      const isApart = (folder: DirtyNode) =>
        folder.views.local === undefined && this.#isExcluded(folder);
      const apart = this.above(node.place.parentId, isApart);
      if (apart !== undefined) node.place = { parentId: remote.parentId, name: remote.name };
    }
  }

  /**
   * What lies below a share that was removed from here is neither wanted nor to be deleted; and what
   * is new in something that was taken out of it isn't sent into what is about to be left.
   */
  #leave(): void {
    for (const node of this.#nodes.values()) {
      if (node.fate === 'apart') continue;
      if (this.above(node.place.parentId, ({ fate }) => fate === 'left') !== undefined) {
        node.fate = 'left';
      }
    }
  }

  /** Nothing below it has still to be taken elsewhere; what is at rest goes with its folder. */
  mayLeave(id: NodeId): boolean {
    return descendants(this.#trees.remote, id).every((node) => {
      const { fate = 'left' } = this.#nodes.get(node.id) ?? {};
      return fate === 'left' || fate === 'apart';
    });
  }

  #revive(): void {
    for (const node of this.#nodes.values()) {
      if (node.fate !== 'alive' && node.fate !== 'apart') continue;
      const isDead = ({ fate }: DirtyNode) => fate === 'dead';
      let dead = this.above(node.place.parentId, isDead);
      while (dead !== undefined) {
        dead.fate = 'alive';
        dead = this.above(dead.place.parentId, isDead);
      }
    }
  }

  /** Nobody here put it there, and nobody here wants it there; nor what is to come into it. */
  #evict(): void {
    const livesOutside = (node: DirtyNode) =>
      node.fate === 'alive' && this.above(node.place.parentId, isOut) !== undefined;
    for (const node of this.#nodes.values()) {
      const { remote, local, synced } = node.views;
      const isAgreedOn = remote !== undefined && local !== undefined && synced !== undefined;
      if (!isAgreedOn || !isSamePlace(remote, node.place)) continue;
      if (livesOutside(node) && this.#isExcluded(node)) node.fate = 'evicted';
    }
    for (const node of this.#nodes.values()) {
      const isToCome = node.views.remote !== undefined && node.views.local === undefined;
      if (isToCome && livesOutside(node) && !this.#mayBeFromHere(node)) node.fate = 'apart';
    }
  }

  /** Where it belongs nothing is synced here. */
  #isExcluded({ id, views: { remote } }: DirtyNode): boolean {
    const { isIgnored, isDeselected } = this.#options;
    if (remote === undefined) return false;
    if (isIgnored(remote)) return true;
    for (let at = id; at !== ROOT; ) {
      if (isDeselected(at)) return true;
      const place = this.place(at);
      if (place === undefined) return false;
      at = place.parentId;
    }
    return false;
  }

  /** Something new here stands at its place: it may be what was sent of that. */
  #mayBeFromHere({ place: { parentId, name } }: DirtyNode): boolean {
    const { local, remote } = this.#trees;
    return local.named(parentId, nameKey(name)).some(({ id }) => remote.get(id) === undefined);
  }
}
