import type { Operation } from '../plan/operation.ts';
import { plan } from '../plan/plan.ts';
import type { PlanOptions } from '../plan/plan-options.ts';
import { hasTempName, Pretender } from '../testing/pretend.ts';
import { RandomSource } from '../testing/random-source.ts';
import { type MemoryTrees, TripleMaker } from '../testing/random-triple.ts';
import { type NodeId, placeKey, ROOT, type TreeNode } from '../tree/node.ts';
import { isAtRest, settle } from '../tree/settle.ts';
import type { Tree } from '../tree/tree.ts';

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
  const ids = new Set<NodeId>();
  const pretender = new Pretender(trees);
  for (let rounds = 0; ; rounds++) {
    if (rounds > MAX_ROUNDS) throw new Error(`I6: no end after ${MAX_ROUNDS} rounds`);
    const dirty = collectDirty(trees, ids);
    const operations = [...plan(trees, dirty, OPTIONS).operations];
    if (operations.length === 0) {
      check(trees, before);
      return { rounds };
    }
    if (rounds === 0) expectSamePlan(trees, dirty, { operations, random });
    // Any subset is right, too: what fails is planned again.
    const batch = random.shuffle(operations).filter(() => random.chance(0.9));
    for (const operation of batch) run(pretender, operation, batch);
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
  }: { readonly operations: readonly Operation[]; readonly random: RandomSource },
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
  /** Contents that one side made after the common past. */
  readonly fresh: ReadonlySet<string>;
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
    unchanged: { remote: isSameTree(remote, synced), local: isSameTree(local, synced) },
    fresh: fresh.difference(known),
  };
}

function check(trees: MemoryTrees, before: Snapshot): void {
  const { remote, local, synced } = trees;
  const there = outline(remote);
  expectSame('I1: server and disk differ', there, outline(local));
  expectSame('I1: the base differs', there, outline(synced));
  for (const tree of [remote, local]) checkShape(tree);
  const contents = new Set([...remote.all()].map(({ content }) => content));
  for (const content of before.fresh) {
    if (!contents.has(content)) throw new Error(`I9: ${content} was in no base and is gone`);
  }
  const { unchanged } = before;
  if (unchanged.remote) expectSame('I12: only here was changed', before.local, there);
  if (unchanged.local) expectSame('I12: only there was changed', before.remote, there);
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

function outline(tree: Tree<RemoteLike>): Outline {
  return new Map(
    [...tree.all()].map((node) => {
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
