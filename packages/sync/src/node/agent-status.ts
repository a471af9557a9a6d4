import type { EngineStatus } from '../engine/engine-types.ts';
import type { LocalPath } from '../ports/file-system.ts';
import type { Selection } from '../selection/selection.ts';
import type { SyncState } from '../state/sync-state.ts';
import { pathOfNode } from './operation-paths.ts';
import { problemReason } from './problem-reason.ts';

export interface AgentStatus extends EngineStatus {
  readonly folder: string;
  readonly files: number;
  /** Bytes since the start. */
  readonly sent: number;
  readonly received: number;
  /** Folders of the server that aren't wanted here. */
  readonly deselected: readonly LocalPath[];
  readonly problems: readonly Problem[];
  /** Paths of the shares that were removed here, and wait for a word. */
  readonly removedShares: readonly LocalPath[];
}

/** Something that isn't in step, and why. */
export interface Problem {
  readonly path: LocalPath;
  readonly reason: string;
}

export interface StatusSources {
  readonly folder: string;
  readonly state: SyncState;
  readonly selection: Selection;
  readonly bytes: { readonly up: number; readonly down: number };
  /** Why not every folder is watched; null if all are. */
  readonly unwatched: string | null;
}

/** What the engine says, in paths and words. */
export function agentStatus(
  status: EngineStatus,
  { folder, state, selection, bytes, unwatched }: StatusSources,
): AgentStatus {
  const problems = problemsOf(state, status);
  if (unwatched !== null) problems.push({ path: '.', reason: unwatched });
  return {
    ...status,
    folder,
    files: state.syncedFiles(),
    sent: bytes.up,
    received: bytes.down,
    deselected: selection.paths(),
    removedShares: status.leaving.map((id) => pathOfNode(state, id)),
    problems,
  };
}

const SKIPPED: Readonly<Record<string, string>> = {
  kind: 'not a file, folder or symlink',
  name: 'the server takes no such name: rename it',
  unreadable:
    'this folder can’t be read, so what is in it stays as it is: change its permissions, or shorten ' +
    'its path if that is thousands of characters long',
  'case-twin': 'differs only in case from another name here: rename one of them',
};

const BLOCKED: Readonly<Record<string, string>> = {
  'read-only':
    'shared with you for reading only, so this stays here: move it to a folder of your own',
  'not-shared':
    'nobody shares this with you (any more), so it stays here: move it to a folder of your own',
};

function problemsOf(state: SyncState, { failures, blocks, skipped }: EngineStatus): Problem[] {
  return [
    ...skipped.map(({ path, reason }) => ({ path, reason: SKIPPED[reason] ?? reason })),
    ...failures.map(({ id, error }) => {
      const path = pathOfNode(state, id);
      return { path, reason: problemReason(error, path) };
    }),
    ...blocks.flatMap(({ id, reason }) => {
      const text = BLOCKED[reason];
      return text === undefined ? [] : [{ path: pathOfNode(state, id), reason: text }];
    }),
  ];
}
