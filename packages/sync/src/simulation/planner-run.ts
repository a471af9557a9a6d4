import type { Operation, Plan } from '../plan/operation.ts';
import { plan } from '../plan/plan.ts';
import type { PlanOptions } from '../plan/plan-options.ts';
import { hasTempName, Pretender } from '../testing/pretend.ts';
import { RandomSource } from '../testing/random-source.ts';
import { type MemoryTrees, TripleMaker } from '../testing/random-triple.ts';
import { type NodeId, placeKey, ROOT, type TreeNode } from '../tree/node.ts';
import { isAtRest, settle } from '../tree/settle.ts';
import { SHARED } from '../tree/shared-folder.ts';
import { descendants, type Tree } from '../tree/tree.ts';

/** I6: no plan needs more. */
const MAX_ROUNDS = 200;

const OPTIONS: PlanOptions = {
  isExcluded: () => false,
  conflictName(name, taken) {
    for (let number = 1; ; number++) {
      const candidate = `${name}!${number}`;
      if (!taken(candidate)) return candidate;
    }
  },
};

/**
 * The planner alone: a random triple, planned and carried out (each batch shuffled) until nothing
 * is left to do; then the invariants. Throws with what was broken.
 */
export function runPlanner(seed: number): { readonly rounds: number } {
  const random = new RandomSource(seed);
  const trees = new TripleMaker(random).triple();
  const before = snapshot(trees);
  // Whether somebody says yes when asked.
  const mayLeave = random.chance(0.5);
  const ids = new Set<NodeId>();
  const pretender = new Pretender(trees);
  for (let rounds = 0; ; rounds++) {
    if (rounds > MAX_ROUNDS) throw new Error(`I6: no end after ${MAX_ROUNDS} rounds`);
    const dirty = collectDirty(trees, ids);
    const { operations, blocks } = plan(trees, dirty, OPTIONS);
    const possible = operations.filter(({ kind }) => mayLeave || kind !== 'remote-leave');
    if (possible.length === 0) {
      check(trees, before, { operations, blocks });
      return { rounds };
    }
    if (rounds === 0) expectSamePlan(trees, dirty, { operations, random });
    // Any subset is right, too: what fails is planned again.
    const batch = random.shuffle(possible).filter(() => random.chance(0.9));
    for (const operation of batch) {
      if (operation.kind === 'remote-leave') giveUp(trees, operation.id, before.fresh);
      run(pretender, operation, batch);
    }
    pretender.settle();
  }
}

function run(pretender: Pretender, operation: Operation, batch: readonly Operation[]): void {
  try {
    pretender.run(operation);
  } catch (cause) {
    const text = `I6: order matters: ${JSON.stringify(operation)} within ${JSON.stringify(batch)}`;
    throw new Error(text, { cause });
  }
}

/** Theirs stays with them; here it is out of sight. */
function giveUp({ remote }: MemoryTrees, id: NodeId, owed: Set<string>): void {
  for (const one of [remote.get(id), ...descendants(remote, id)]) owed.delete(one?.content ?? '');
}

function collectDirty(trees: MemoryTrees, ids: Set<NodeId>): Set<NodeId> {
  ids.clear();
  for (const tree of [trees.remote, trees.local, trees.synced] as readonly Tree<TreeNode>[]) {
    for (const { id } of tree.all()) ids.add(id);
  }
  for (const id of ids) {
    settle(trees, id);
    if (isAtRest(trees, id)) ids.delete(id);
  }
  return ids;
}

function expectSamePlan(
  trees: MemoryTrees,
  dirty: ReadonlySet<NodeId>,
  {
    operations,
    random,
  }: {
    readonly operations: readonly Operation[];
    readonly random: RandomSource;
  },
): void {
  const again = plan(trees, random.shuffle([...dirty]), OPTIONS);
  if (JSON.stringify(again.operations) !== JSON.stringify(operations)) {
    throw new Error('I6: the plan depends on more than the trees');
  }
}

interface Snapshot {
  readonly remote: Outline;
  readonly local: Outline;
  /** Which side changed nothing, node by node. */
  readonly unchanged: { readonly remote: boolean; readonly local: boolean };
  /** Not all that is done here may be done there. */
  readonly hasShares: boolean;
  /** Contents that one side made after the common past. */
  readonly fresh: Set<string>;
}

/** Path → what is there. */
type Outline = ReadonlyMap<string, string>;

function snapshot({ remote, local, synced }: MemoryTrees): Snapshot {
  const known = new Set<string>();
  for (const { content } of synced.all()) known.add(content);
  const fresh = new Set<string>();
  for (const node of remote.all()) fresh.add(node.content);
  for (const node of local.all()) fresh.add(node.content ?? node.stamp);
  return {
    remote: outline(remote),
    local: outline(local),
    hasShares: remote.get(SHARED) !== undefined,
    unchanged: { remote: isSameTree(remote, synced), local: isSameTree(local, synced) },
    fresh: fresh.difference(known),
  };
}

function check(trees: MemoryTrees, before: Snapshot, { operations, blocks }: Plan): void {
  const { remote, local, synced } = trees;
  for (const tree of [remote, local]) checkShape(tree);
  const isKept = below(
    local,
    blocks.map(({ id }) => id),
  );
  const isApart = below(
    remote,
    operations.map(({ id }) => id),
  );
  // What was taken out of a share that is about to be left waits for the answer where it is, and
  // what belongs there waits for it.
  const inTheWay = [...local.all()].filter(isApart);
  const waiting = [...remote.all()].filter(({ parentId, key }) =>
    inTheWay.some((node) => node.parentId === parentId && node.key === key),
  );
  const isWaiting = below(
    remote,
    waiting.map(({ id }) => id),
  );
  const isCommon = (node: TreeNode) => !isKept(node) && !isApart(node) && !isWaiting(node);
  const common = outline(remote, isCommon);
  expectSame('I1: server and disk differ', common, outline(local, isCommon));
  expectSame('I1: the base differs', common, outline(synced, isCommon));
  const contents = new Set([...remote.all()].map(({ content }) => content));
  for (const node of local.all()) contents.add(node.content ?? node.stamp);
  for (const content of before.fresh) {
    if (!contents.has(content)) throw new Error(`I9: ${content} was in no base and is gone`);
  }
  const { unchanged, hasShares } = before;
  const there = outline(remote);
  if (unchanged.remote && !hasShares) {
    expectSame('I12: only here was changed', before.local, there);
  }
  if (unchanged.local) expectSame('I12: only there was changed', before.remote, there);
}

/** Whether a node is one of these or lies below one. */
function below<Node extends TreeNode>(tree: Tree<Node>, ids: readonly NodeId[]) {
  const found = new Set(ids);
  for (const id of ids) for (const node of descendants(tree, id)) found.add(node.id);
  return ({ id }: TreeNode) => found.has(id);
}

/** I3, I4: every node hangs on the root, and no two share a place. */
function checkShape(tree: Tree<TreeNode>): void {
  const places = new Set<string>();
  for (const node of tree.all()) {
    const place = placeKey(node.parentId, node.key);
    if (places.has(place)) throw new Error(`I3: two nodes at ${place}`);
    places.add(place);
    pathOf(tree, node);
  }
  if (hasTempName(tree)) throw new Error('A temporary name stayed');
}

function outline(
  tree: Tree<RemoteLike>,
  isWanted: (node: RemoteLike) => boolean = () => true,
): Outline {
  return new Map(
    [...tree.all()].filter(isWanted).map((node) => {
      const meta = node.kind === 'file' ? ` ${node.modifiedAt} ${node.executable}` : '';
      return [pathOf(tree, node), `${node.kind} ${node.content ?? node.stamp}${meta}`];
    }),
  );
}

type RemoteLike = TreeNode & { readonly stamp?: string };

function pathOf(tree: Tree<TreeNode>, node: TreeNode): string {
  const names = [node.name];
  for (let id = node.parentId; id !== ROOT; ) {
    const parent = tree.get(id);
    if (parent === undefined) throw new Error(`I3: ${node.id} hangs on nothing`);
    if (names.length > 100) throw new Error(`I3: ${node.id} lies inside itself`);
    names.unshift(parent.name);
    id = parent.parentId;
  }
  return names.join('/');
}

function isSameTree(left: Tree<RemoteLike>, right: Tree<RemoteLike>): boolean {
  const lines = (tree: Tree<RemoteLike>) =>
    new Map(
      [...tree.all()].map((node) => [
        node.id,
        JSON.stringify([
          pathOf(tree, node),
          node.content ?? node.stamp,
          node.modifiedAt,
          node.executable,
        ]),
      ]),
    );
  return isSame(lines(left), lines(right));
}

function isSame(left: Outline, right: Outline): boolean {
  return left.size === right.size && [...left].every(([path, what]) => right.get(path) === what);
}

function expectSame(message: string, left: Outline, right: Outline): void {
  if (isSame(left, right)) return;
  const only = (one: Outline, other: Outline) =>
    [...one].filter(([path, what]) => other.get(path) !== what).map((entry) => entry.join(': '));
  throw new Error(`${message}: [${only(left, right)}] against [${only(right, left)}]`);
}
