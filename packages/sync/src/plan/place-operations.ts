import { nameKey } from '@valise/core/names';
import { isSamePlace, type NodeId, type Place, ROOT, type TreeNode } from '../tree/node.ts';
import type { TreeReader } from '../tree/tree.ts';
import { contentOperation } from './content-operation.ts';
import type { Operation } from './operation.ts';
import type { Side } from './side.ts';
import type { DirtyNode, Target } from './target.ts';
import { tempName } from './temp-name.ts';

/** Why a node can't be put into its place yet: another one has to act first. */
interface Wait {
  readonly by: NodeId;
  /** `place`: it stands there; `parent`: it must come first; `inside`: it must leave first. */
  readonly reason: 'place' | 'parent' | 'inside';
}

/**
 * The operations that bring one side's names and folders nearer to the target.
 *
 *  1. Create what is missing, once its folder is there and its place is free.
 *  2. Move what stands elsewhere, once its place is free and every folder above is where it belongs,
 *     whatever its name: then no order of moves can put a folder into itself on the way. What only
 *     gets another name needs not wait for that.
 *  3. Delete what is dead, as far up as everything below is dead too.
 *  4. Take away, from this side only, what isn't wanted here any more, once all in it is in step.
 *  5. What waits for one another in a ring (two names swapped) never gets on: one that stands in the
 *     way steps aside under a temporary name. Not so a dead folder that is to be replaced by
 *     something in it, for it may yet be wanted: that comes out under a temporary name.
 */
export function placeOperations(side: Side, target: Target): Operation[] {
  const waits = new Map<NodeId, Wait>();
  const operations: Operation[] = [];
  for (const node of target.nodes()) {
    const here = side.tree.get(node.id);
    // What is the server's alone may have to make room there, and is never brought here.
    const isToBePlaced = node.fate === 'alive' || (node.fate === 'apart' && here !== undefined);
    if (!isToBePlaced) continue;
    if (here !== undefined && isSamePlace(here, node.place)) continue;
    const wait = here === undefined ? toCreate(side, node) : toMove(side, target, node);
    if (wait !== undefined) {
      waits.set(node.id, wait);
      target.waitFor(wait.by);
      if (isLeft(side, target, wait)) operations.push(...stepAside(side, wait.by));
    } else {
      const operation = bring(side, target, node);
      if (operation !== undefined) operations.push(operation);
    }
  }
  operations.push(...deletions(side, target, waits));
  if (side.isHere) operations.push(...evictions(side, target, waits));
  for (const ring of rings(waits)) operations.push(...breakRing(side, target, ring));
  return operations;
}

/** Whatever was in its way is gone. */
function bring(side: Side, target: Target, node: DirtyNode): Operation | undefined {
  const { id, views, place } = node;
  if (side.tree.get(id) === undefined) return side.create(views, place);
  return target.crosses(node) ? side.cross(views, place) : side.move(id, place);
}

/**
 * In the way is what others, here, or somebody here, at the server, moved into a share that is being
 * left: it goes on when that has been.
 */
function isLeft(side: Side, target: Target, { by, reason }: Wait): boolean {
  const node = target.dirty(by);
  if (reason !== 'place' || node?.fate !== 'left') return false;
  return side.isHere || target.crosses(node);
}

interface Placed {
  readonly id: NodeId;
  readonly place: Place;
}

function toCreate(side: Side, { id, place }: Placed): Wait | undefined {
  const { parentId } = place;
  if (parentId !== ROOT && side.tree.get(parentId) === undefined) {
    return { by: parentId, reason: 'parent' };
  }
  return occupied(side.tree, id, place);
}

function toMove(side: Side, target: Target, { id, place }: Placed): Wait | undefined {
  const restless = target.above(place.parentId, (folder) => {
    const here = side.tree.get(folder.id);
    return here?.parentId !== folder.place.parentId;
  });
  // A name within the folder that it is in already has nothing to do with where that is.
  const isRename = side.tree.get(id)?.parentId === place.parentId;
  if (restless !== undefined && !isRename) return { by: restless.id, reason: 'parent' };
  return occupied(side.tree, id, place);
}

function occupied(tree: TreeReader<TreeNode>, id: NodeId, place: Place): Wait | undefined {
  const there = tree.named(place.parentId, nameKey(place.name));
  const occupant = there.find((node) => node.id !== id);
  return occupant && { by: occupant.id, reason: 'place' };
}

function deletions(side: Side, target: Target, waits: Map<NodeId, Wait>): Operation[] {
  const operations: Operation[] = [];
  for (const node of target.nodes()) {
    const here = side.tree.get(node.id);
    if (node.fate !== 'dead' || here === undefined) continue;
    const isInside = here.parentId !== ROOT && target.fate(here.parentId) === 'dead';
    if (!isInside) operations.push(...deleteBelow(side, target, here, waits).operations);
  }
  return operations;
}

/** Deletes a dead node whole, or if something below lives, what can be deleted below it. */
function deleteBelow(
  side: Side,
  target: Target,
  node: TreeNode,
  waits: Map<NodeId, Wait>,
): { readonly whole: boolean; readonly operations: Operation[] } {
  const operations: Operation[] = [];
  let blocker: NodeId | undefined;
  const children = node.kind === 'folder' ? side.tree.children(node.id) : [];
  for (const child of children) {
    if (target.fate(child.id) !== 'dead') {
      // What is new in it wants the folder.
      if (blocker === undefined) target.waitFor(child.id);
      blocker ??= child.id;
      continue;
    }
    const below = deleteBelow(side, target, child, waits);
    operations.push(...below.operations);
    if (!below.whole) blocker ??= child.id;
  }
  if (blocker === undefined) return { whole: true, operations: [side.delete(node.id)] };
  waits.set(node.id, { by: blocker, reason: 'inside' });
  return { whole: false, operations };
}

function evictions(side: Side, target: Target, waits: Map<NodeId, Wait>): Operation[] {
  const operations: Operation[] = [];
  for (const { id, fate } of target.nodes()) {
    const here = side.tree.get(id);
    if (fate !== 'evicted' || here === undefined || isReached(side, target, here)) continue;
    operations.push(...evictBelow(side, target, here, waits).operations);
  }
  return operations;
}

/** From an evicted folder above: nothing but what is at rest lies between. */
function isReached(side: Side, target: Target, node: TreeNode): boolean {
  for (let folder = side.tree.get(node.parentId); folder !== undefined; ) {
    const dirty = target.dirty(folder.id);
    if (dirty !== undefined) return dirty.fate === 'evicted';
    folder = side.tree.get(folder.parentId);
  }
  return false;
}

/** Takes an evicted node away whole, or if something below has still to be sent, what can go below. */
function evictBelow(
  side: Side,
  target: Target,
  node: TreeNode,
  waits: Map<NodeId, Wait>,
): { readonly whole: boolean; readonly operations: Operation[] } {
  const evicted = target.dirty(node.id);
  const isOther = evicted === undefined ? target.isUnseen(node.id) : evicted.fate !== 'evicted';
  if (isOther) return { whole: false, operations: [] };
  const operations: Operation[] = [];
  let blocker: NodeId | undefined;
  for (const child of side.tree.children(node.id)) {
    const below = evictBelow(side, target, child, waits);
    operations.push(...below.operations);
    if (!below.whole) blocker ??= child.id;
  }
  if (blocker !== undefined) waits.set(node.id, { by: blocker, reason: 'inside' });
  const isReady = evicted === undefined || contentOperation(node.id, evicted.views) === undefined;
  if (blocker !== undefined || !isReady) return { whole: false, operations };
  // What is at rest goes with the folder that it lies in.
  return { whole: true, operations: evicted === undefined ? operations : [side.delete(node.id)] };
}

type Ring = readonly { readonly id: NodeId; readonly wait: Wait }[];

function breakRing(side: Side, target: Target, ring: Ring): Operation[] {
  const waiting = ring.find(({ wait }) => wait.reason === 'place');
  if (waiting === undefined) return [];
  const { id, wait } = waiting;
  const node = target.dirty(id);
  const isInside = ring.every((member) => member === waiting || member.wait.reason === 'inside');
  if (isInside && node !== undefined && !target.crosses(node)) {
    const { parentId, name } = node.place;
    return [side.move(id, { parentId, name: tempName(id, name) })];
  }
  return stepAside(side, wait.by);
}

function stepAside(side: Side, id: NodeId): Operation[] {
  const inTheWay = side.tree.get(id);
  if (inTheWay === undefined) return [];
  const { parentId, name } = inTheWay;
  return [side.move(id, { parentId, name: tempName(id, name) })];
}

/** Follows who waits for whom. */
function rings(waits: ReadonlyMap<NodeId, Wait>): Ring[] {
  const found: Ring[] = [];
  const visited = new Set<NodeId>();
  for (const start of waits.keys()) {
    const trail: { readonly id: NodeId; readonly wait: Wait }[] = [];
    let id = start;
    for (let wait = waits.get(id); wait !== undefined && !visited.has(id); wait = waits.get(id)) {
      visited.add(id);
      trail.push({ id, wait });
      id = wait.by;
    }
    const begin = trail.findIndex((member) => member.id === id);
    if (begin >= 0) found.push(trail.slice(begin));
  }
  return found;
}
