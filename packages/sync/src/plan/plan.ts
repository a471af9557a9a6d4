/**
 * What to do next, from three trees of observations and nothing else.
 *
 *  1. Decide what becomes of every dirty node, and where it belongs: the target tree
 *     (`fates.ts`, `merge-place.ts`, `target.ts`).
 *  2. Where that changes what a node *is* (deleted there but edited here, new on both sides), say
 *     so first: these operations touch the trees alone, and the next plan goes on from them.
 *  3. Otherwise: what brings each side nearer to the target (`place-operations.ts`) and the
 *     contents together (`content-operation.ts`), at most one operation a node.
 *
 * The operations of one plan are independent, so they may run in any order and side by side, and
 * any of them may fail: plan again. The plan ends: on trees that nobody else changes, repeating
 * plan and execution reaches an empty plan.
 *
 * The three trees and the planner over them follow what Dropbox published about its own engine
 * ("Rewriting the heart of our sync engine").
 */
import { isSamePlace, type NodeId } from '../tree/node.ts';
import { readingOnce } from '../tree/reading-once.ts';
import { isSharedRoot, SHARED } from '../tree/shared-folder.ts';
import type { TreesReader } from '../tree/tree.ts';
import { resolveCollisions } from './collisions.ts';
import { contentOperation, isForbiddenEdit } from './content-operation.ts';
import type { Fate } from './fates.ts';
import type { Block, BlockReason, Operation, Plan } from './operation.ts';
import { placeOperations } from './place-operations.ts';
import type { PlanOptions } from './plan-options.ts';
import { localSide, remoteSide } from './side.ts';
import { type DirtyNode, Target } from './target.ts';
import { isTempName } from './temp-name.ts';

/** Their contents are to become the same. */
const HAS_CONTENT: ReadonlySet<Fate> = new Set<Fate>(['alive', 'undecided', 'evicted']);

/**
 * `dirty`: every node that isn't at rest, each settled, but perhaps for some additions (see `Rest`), and
 * any others.
 */
export function plan(all: TreesReader, dirty: Iterable<NodeId>, options: PlanOptions): Plan {
  const trees = readingOnce(all);
  const target = new Target(trees, dirty, options);
  const changed = identityChanges(target);
  if (changed.length > 0) return { operations: changed, blocks: [], missed: [] };
  const { adoptions, hashes } = resolveCollisions(trees, target, options);
  if (adoptions.length > 0) return { operations: adoptions, blocks: [], missed: [] };

  const operations: Operation[] = [
    ...hashes,
    ...placeOperations(remoteSide(trees), target),
    ...placeOperations(localSide(trees), target),
  ];
  const blocks: Block[] = [];
  const busy = new Set(operations.map((operation) => operation.id));
  for (const { id, views, fate } of target.nodes()) {
    const isShare = views.remote !== undefined && isSharedRoot(views.remote);
    if (fate === 'left' && isShare && target.mayLeave(id)) {
      operations.push({ kind: 'remote-leave', id });
    }
    const reason = blockReason(trees, { views, fate });
    if (reason !== undefined) blocks.push({ id, reason });
    if (busy.has(id) || !HAS_CONTENT.has(fate)) continue;
    const operation = contentOperation(id, views);
    if (operation !== undefined) operations.push(operation);
  }
  return {
    operations: onePerNode(copyLast(target, operations)),
    blocks,
    missed: [...target.missed],
  };
}

/** A folder is taken to another owner when everything in it is done, so that it is copied as it is. */
function copyLast(target: Target, operations: readonly Operation[]): readonly Operation[] {
  const copies = new Set(
    operations.flatMap(({ kind, id }) => (kind === 'remote-copy' ? [id] : [])),
  );
  if (copies.size === 0) return operations;
  const busy = new Set(
    operations.flatMap(({ kind, id }) =>
      kind === 'hash' || kind.startsWith('remote-') ? [id] : [],
    ),
  );
  const unready = new Set<NodeId>();
  for (const { id, views, fate, place } of target.nodes()) {
    const isStray =
      fate === 'alive' && views.local !== undefined && !isSamePlace(views.local, place);
    if (!isStray && !busy.has(id)) continue;
    const folder = target.above(place.parentId, (node) => copies.has(node.id));
    if (folder !== undefined) unready.add(folder.id);
  }
  return operations.filter(({ kind, id }) => kind !== 'remote-copy' || !unready.has(id));
}

function blockReason(
  trees: TreesReader,
  { views: { remote, local }, fate }: Pick<DirtyNode, 'views' | 'fate'>,
): BlockReason | undefined {
  if (fate === 'apart') return 'excluded';
  if (local === undefined || remote !== undefined) return undefined;
  if (local.parentId === SHARED) return 'not-shared';
  return trees.remote.get(local.parentId)?.writable === false ? 'read-only' : undefined;
}

/** Living nodes that one side deleted begin anew on the other, and so do edits nobody may send. */
function identityChanges(target: Target): Operation[] {
  const operations: Operation[] = [];
  for (const { id, views, fate } of target.nodes()) {
    if (isForbiddenEdit(views)) operations.push({ kind: 'renew', id });
    if (views.synced === undefined) continue;
    // Were it remembered, taking it in again later would look like a deletion here.
    if (fate === 'apart') operations.push({ kind: 'forget', id });
    if (fate !== 'alive') continue;
    if (views.remote === undefined) operations.push({ kind: 'renew', id });
    else if (views.local === undefined && !isTempName(id, views.remote.name)) {
      operations.push({ kind: 'forget', id });
    }
  }
  return operations;
}

/** Of a node that both sides must move (two names met), the server's move goes first. */
function onePerNode(operations: readonly Operation[]): Operation[] {
  const seen = new Set<NodeId>();
  return operations.filter(({ id }) => {
    if (seen.has(id)) return false;
    seen.add(id);
    return true;
  });
}
