import { nameKey } from '@valise/core/names';
import { isSamePlace, type NodeId, type Place, ROOT, type TreeNode } from '../tree/node.ts';
import type { TreeReader } from '../tree/tree.ts';
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
 *  2. Move what stands elsewhere, once its place is free and every folder above has come to rest:
 *     then no order of moves can put a folder into itself on the way.
 *  3. Delete what is dead, as far up as everything below is dead too.
 *  4. What waits for one another in a ring (two names swapped) never gets on: one of each ring is
 *     put aside under a temporary name.
 */
export function placeOperations(side: Side, target: Target): Operation[] {
  const waits = new Map<NodeId, Wait>();
  const operations: Operation[] = [];
  for (const node of target.nodes()) {
    if (node.fate !== 'alive') continue;
    const here = side.tree.get(node.id);
    if (here !== undefined && isSamePlace(here, node.place)) continue;
    const wait = here === undefined ? toCreate(side, node) : toMove(side, target, node);
    if (wait !== undefined) waits.set(node.id, wait);
    else {
      const operation = bring(side, target, node);
      if (operation !== undefined) operations.push(operation);
    }
  }
  operations.push(...deletions(side, target, waits));
  for (const occupant of ringBreakers(waits)) {
    const here = side.tree.get(occupant);
    if (here === undefined) continue;
    const name = tempName(here.id, here.name);
    operations.push(side.move(here.id, { parentId: here.parentId, name }));
  }
  return operations;
}

/** Whatever was in its way is gone. */
function bring(side: Side, target: Target, node: DirtyNode): Operation | undefined {
  const { id, views, place } = node;
  if (side.tree.get(id) === undefined) return side.create(views, place);
  return target.crosses(node) ? side.cross(views, place) : side.move(id, place);
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
    return here === undefined || !isSamePlace(here, folder.place);
  });
  if (restless !== undefined) return { by: restless.id, reason: 'parent' };
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

/** Follows who waits for whom; of every ring, one that merely stands in the way. */
function ringBreakers(waits: ReadonlyMap<NodeId, Wait>): NodeId[] {
  const breakers: NodeId[] = [];
  const visited = new Set<NodeId>();
  for (const start of waits.keys()) {
    const trail: NodeId[] = [];
    let id = start;
    while (!visited.has(id)) {
      const wait = waits.get(id);
      if (wait === undefined) break;
      visited.add(id);
      trail.push(id);
      id = wait.by;
    }
    const ring = trail.slice(trail.indexOf(id) < 0 ? trail.length : trail.indexOf(id));
    const waiting = ring.find((member) => waits.get(member)?.reason === 'place');
    const occupant = waiting === undefined ? undefined : waits.get(waiting)?.by;
    if (occupant !== undefined) breakers.push(occupant);
  }
  return breakers;
}
