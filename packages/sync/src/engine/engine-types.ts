import type { Block, Operation } from '../plan/operation.ts';
import type { PlanOptions } from '../plan/plan-options.ts';
import type { Clock } from '../ports/clock.ts';
import type { FileSystem, LocalPath } from '../ports/file-system.ts';
import type { Server } from '../ports/server.ts';
import type { ShareMarks } from '../ports/share-marks.ts';
import type { Transfers } from '../ports/transfers.ts';
import type { Skipped } from '../scan/scan-folders.ts';
import type { SyncState } from '../state/sync-state.ts';
import type { NodeId } from '../tree/node.ts';
import type { Deletions } from './delete-guard.ts';
import type { Edits } from './edit-guard.ts';

/** What the engine is built on. */
export interface EngineDeps {
  readonly fs: FileSystem;
  readonly server: Server;
  readonly transfers: Transfers;
  readonly clock: Clock;
  readonly state: SyncState;
  readonly policy: PlanOptions;
  /** New files that are planned for at once (default 2,048). */
  readonly piece?: number | undefined;
  readonly marks: ShareMarks;
  isIgnored(path: LocalPath, isFolder: boolean): boolean;
  /** Throws when the folder isn't what it was (an unmounted disk): nothing may be concluded then. */
  checkRoot(): Promise<void>;
  /** Milliseconds between two polls (default 3 minutes); a push makes them a safety net. */
  pollEveryMs?(): number;
  /** False while some folders aren't watched: then scans come more often. */
  isWatching?(): boolean;
  onEvent?(event: EngineEvent): void;
  /** Called when a round of observing and planning is over. */
  onRound?(): void;
  /** Something waits for a person's word that didn't before: see the status. */
  onQuestion?(): void;
}

export type EngineEvent =
  | { readonly kind: 'started'; readonly operation: Operation }
  | { readonly kind: 'done'; readonly operation: Operation }
  | { readonly kind: 'failed'; readonly operation: Operation; readonly error: unknown };

export type EngineState = 'working' | 'idle' | 'offline' | 'held' | 'paused';

export interface EngineStatus {
  readonly state: EngineState;
  /** Nodes that aren't in agreement. */
  readonly pending: number;
  readonly held: Deletions | null;
  readonly heldEdits: Edits | null;
  /** Shares that were removed here: left when a person says that this is meant. */
  readonly leaving: readonly NodeId[];
  readonly failures: readonly { readonly id: NodeId; readonly error: unknown }[];
  /** What can't be brought into agreement; not what isn't wanted here. */
  readonly blocks: readonly Block[];
  readonly skipped: readonly Skipped[];
}
