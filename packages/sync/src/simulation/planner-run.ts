import type { Operation } from '../plan/operation.ts';
import { plan } from '../plan/plan.ts';
import type { PlanOptions } from '../plan/plan-options.ts';
import { PlanPieces } from '../plan/plan-pieces.ts';
import { DirtyNodes } from '../state/dirty-nodes.ts';
import { Pretender } from '../testing/pretend.ts';
import { RandomSource } from '../testing/random-source.ts';
import { type MemoryTrees, type Triple, TripleMaker } from '../testing/random-triple.ts';
import { writeTriple } from '../testing/triple-text.ts';
import { bringBack } from '../tree/bring-back.ts';
import type { NodeId, TreeNode } from '../tree/node.ts';
import { settle } from '../tree/settle.ts';
import { descendants, type Tree } from '../tree/tree.ts';
import { checkEnd, checkShape, type Snapshot, snapshot } from './planner-check.ts';

/** I6: no plan needs more. */
const MAX_ROUNDS = 200;
/** So few of the new files are planned for at once, or all. */
const PIECES = [1, 2, 4, 1_000];

/** What somebody says who is asked about a share that was removed here, and when. */
export const ANSWERS = ['leave', 'leave in the end', 'bring back'] as const;
export type Answer = (typeof ANSWERS)[number];

/** One seed: a random triple. Throws with what was broken, and the triple as a scenario. */
export function runPlanner(seed: number): { readonly rounds: number } {
  const triple = new TripleMaker(new RandomSource(seed)).triple();
  const answer = new RandomSource(seed).pick(ANSWERS);
  try {
    return runTriple(triple, { answer, seed });
  } catch (cause) {
    const text = writeTriple(new TripleMaker(new RandomSource(seed)).triple());
    throw new Error(`${cause}\n${JSON.stringify({ answer, ...text })}`, { cause });
  }
}

/**
 * The planner alone: plans and carries out (each batch shuffled, some of it left out) until nothing
 * is left to do; then the invariants.
 */
export function runTriple(
  trees: Triple,
  { answer, seed }: { readonly answer: Answer; readonly seed: number },
): { readonly rounds: number } {
  const random = new RandomSource(seed);
  const options = optionsFor(trees);
  const before = snapshot(trees);
  const pretender = new Pretender(trees);
  let mayLeave = answer === 'leave';
  for (let rounds = 0; rounds <= MAX_ROUNDS; rounds++) {
    const dirty = collectDirty(trees);
    if (rounds === 0) {
      const { operations } = plan(trees, dirty, options);
      expectSamePlan(operations, plan(trees, random.shuffle([...dirty]), options));
    }
    const planner = new PlanPieces({ trees, dirty, options, first: random.pick(PIECES) });
    const operations = planner.plan(() => false);
    const possible = operations.filter(({ kind }) => mayLeave || kind !== 'remote-leave');
    if (possible.length > 0) {
      // Any subset is right, too: what fails is planned again.
      const batch = random.shuffle([...possible]).filter(() => random.chance(0.9));
      for (const operation of batch) {
        if (operation.kind === 'remote-leave') giveUp(trees, operation.id, before);
        run(pretender, operation, batch);
      }
      pretender.settle();
      continue;
    }
    const temporary = belowShares(trees, operations);
    for (const tree of [trees.remote, trees.local]) checkShape(tree, temporary);
    if (operations.length === 0) {
      checkEnd(trees, before, [...planner.blocks.keys()]);
      return { rounds };
    }
    // Nothing is left but the question.
    mayLeave = answer === 'leave in the end';
    if (!mayLeave) {
      bringBack(
        trees,
        operations.map(({ id }) => id),
      );
    }
  }
  throw new Error(`I6: no end after ${MAX_ROUNDS} rounds`);
}

function optionsFor({ deselected }: Triple): PlanOptions {
  return {
    isIgnored: () => false,
    isDeselected: (id) => deselected.has(id),
    conflictName(name, taken) {
      for (let number = 1; ; number++) {
        const candidate = `${name}!${number}`;
        if (!taken(candidate)) return candidate;
      }
    },
  };
}

function run(pretender: Pretender, operation: Operation, batch: readonly Operation[]): void {
  try {
    pretender.run(operation);
  } catch (cause) {
    const text = `I6: order matters: ${JSON.stringify(operation)} within ${JSON.stringify(batch)}`;
    throw new Error(`${text}: ${cause}`, { cause });
  }
}

/** What waits for somebody's answer about a share may have stepped aside meanwhile. */
function belowShares(
  { remote, local }: MemoryTrees,
  questions: readonly Operation[],
): ReadonlySet<NodeId> {
  const there = questions.flatMap(({ id }) => descendants(remote, id));
  const here = there.flatMap(({ id }) => descendants(local, id));
  return new Set([...there, ...here].map(({ id }) => id));
}

/** Theirs stays with them; here it is out of sight, and what had been agreed on goes into the trash. */
function giveUp({ remote, synced }: MemoryTrees, id: NodeId, before: Snapshot): void {
  for (const one of [remote.get(id), ...descendants(remote, id)]) {
    before.owed.delete(one?.content ?? '');
    before.owed.delete(synced.get(one?.id ?? '')?.content ?? '');
    before.apart.delete(one?.id ?? '');
    before.movedOut.delete(one?.id ?? '');
  }
}

function collectDirty(trees: MemoryTrees): DirtyNodes {
  const dirty = new DirtyNodes();
  for (const tree of [trees.remote, trees.local, trees.synced] as readonly Tree<TreeNode>[]) {
    for (const { id } of [...tree.all()]) dirty.note(id, settle(trees, id));
  }
  return dirty;
}

function expectSamePlan(
  operations: readonly Operation[],
  again: { readonly operations: readonly Operation[] },
): void {
  if (JSON.stringify(again.operations) !== JSON.stringify(operations)) {
    throw new Error('I6: the plan depends on more than the trees');
  }
}
