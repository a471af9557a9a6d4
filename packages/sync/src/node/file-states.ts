import { nameKey } from '@valise/core/names';
import type { LocalPath } from '../ports/file-system.ts';
import type { SyncState } from '../state/sync-state.ts';
import { type NodeId, ROOT, type TreeNode } from '../tree/node.ts';
import { descendants, type TreeReader } from '../tree/tree.ts';
import type { Problem } from './agent-status.ts';
import { pathOfNode } from './operation-paths.ts';

/** How one thing stands. */
export interface FileState {
  readonly path: LocalPath;
  readonly state: 'synced' | 'waiting' | 'problem' | 'left out' | 'unknown';
  /** Why not, or what it waits for; empty when it is in step. */
  readonly reason: string;
}

export interface FileStateSources {
  readonly state: SyncState;
  readonly problems: readonly Problem[];
  /** What the agent as a whole waits for; null: nothing. */
  readonly waitsFor: string | null;
  isLeftOut(path: LocalPath): boolean;
}

/** What waits, in no order; without what is among the problems. */
export function* waitingFiles(sources: FileStateSources): Generator<FileState> {
  const problems = new Set(sources.problems.map(({ path }) => path));
  for (const id of sources.state.dirty) {
    const one = stateOf(sources, id);
    if (one?.state === 'waiting' && !problems.has(one.path)) yield one;
  }
}

/** A file, or all that is in a folder, each for itself. */
export function fileStates(sources: FileStateSources, path: LocalPath): FileState[] {
  const { state, problems } = sources;
  const isBelow = (other: LocalPath) =>
    path === '' || other === path || other.startsWith(`${path}/`);
  const states = new Map<LocalPath, FileState>();
  for (const id of nodesAt(state, path)) {
    const one = stateOf(sources, id);
    if (one !== null) states.set(one.path, one);
  }
  for (const problem of problems) {
    if (isBelow(problem.path)) states.set(problem.path, { ...problem, state: 'problem' });
  }
  if (states.size > 0) return [...states.values()].toSorted(byPath);
  return [nothingKnown(sources, path)];
}

/** Null for what the server alone has because it isn't wanted here. */
function stateOf(sources: FileStateSources, id: NodeId): FileState | null {
  const { state, waitsFor, isLeftOut } = sources;
  const path = pathOfNode(state, id);
  if (!state.dirty.has(id)) return { path, state: 'synced', reason: '' };
  const isHere = state.trees.local.get(id) !== undefined;
  if (!isHere && isLeftOut(path)) return { path, state: 'left out', reason: LEFT_OUT };
  const reason = [whatIsToDo(state, id), waitsFor].filter((words) => words !== null).join('; ');
  return { path, state: 'waiting', reason };
}

const LEFT_OUT = 'not wanted on this device: deselected, or named in a .valiseignore';

function whatIsToDo({ trees }: SyncState, id: NodeId): string {
  const here = trees.local.get(id);
  const there = trees.remote.get(id);
  const base = trees.synced.get(id);
  if (here === undefined) return base === undefined ? 'to be received' : 'deleted here';
  if (there === undefined) return base === undefined ? 'to be sent' : 'deleted elsewhere';
  if (here.content === null) return 'changed here, to be read';
  const isEdited = here.content !== base?.content;
  const isEditedThere = there.content !== base?.content;
  if (isEdited && isEditedThere) return 'changed here and elsewhere';
  if (isEdited) return 'changed here, to be sent';
  return isEditedThere ? 'changed elsewhere, to be received' : 'renamed, moved or touched';
}

/** The nodes of a path and below it, here and at the server; of a folder, what is in it. */
function nodesAt({ trees }: SyncState, path: LocalPath): Set<NodeId> {
  const found = new Set<NodeId>();
  for (const tree of [trees.local, trees.remote]) {
    for (const id of idsAt(tree, path)) {
      const node = tree.get(id);
      const below = descendants<TreeNode>(tree, id);
      const isFolder = id === ROOT || node?.kind === 'folder';
      for (const one of below) if (one.kind !== 'folder') found.add(one.id);
      if (!isFolder || below.length === 0) found.add(id);
    }
  }
  found.delete(ROOT);
  return found;
}

function idsAt(tree: TreeReader<TreeNode>, path: LocalPath): readonly NodeId[] {
  let ids: readonly NodeId[] = [ROOT];
  for (const name of path.split('/').filter(Boolean)) {
    ids = ids.flatMap((id) => tree.named(id, nameKey(name)).map((child) => child.id));
  }
  return ids;
}

function nothingKnown({ isLeftOut }: FileStateSources, path: LocalPath): FileState {
  if (isLeftOut(path)) return { path, state: 'left out', reason: LEFT_OUT };
  const reason = 'nothing is known of it: it is neither here nor at the server, or was just made';
  return { path, state: 'unknown', reason };
}

function byPath(left: FileState, right: FileState): number {
  return left.path < right.path ? -1 : 1;
}
