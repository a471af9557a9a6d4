import { mkdirSync, realpathSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import type { ApiClient, TransferDeps } from '@valise/client';
import type { KnownVersions } from '@valise/client-node';
import { conflictedCopyName, parseName } from '@valise/core/names';
import { Engine } from '../engine/engine.ts';
import type { EngineEvent } from '../engine/engine-types.ts';
import type { LocalPath } from '../ports/file-system.ts';
import { remotePath, Selection } from '../selection/selection.ts';
import { openSqliteStore } from '../state/sqlite-store.ts';
import { createSyncState, type SyncState } from '../state/sync-state.ts';
import type { RemoteNode } from '../tree/node.ts';
import { type AgentStatus, agentStatus } from './agent-status.ts';
import { bindRoot } from './bind-root.ts';
import { clientServer } from './client-server.ts';
import { clientTransfers } from './client-transfers.ts';
import { type FileState, fileStates, waitingFiles } from './file-states.ts';
import { FolderChoice } from './folder-choice.ts';
import { IGNORE_FILE, IgnoreRules } from './ignore-rules.ts';
import { Live } from './live.ts';
import { nodeClock } from './node-clock.ts';
import { nodeFileSystem } from './node-file-system.ts';
import { bytesOf, OperationPaths } from './operation-paths.ts';
import { makeOwnFolders } from './own-folders.ts';
import { probeDisk } from './platform/probe-disk.ts';
import { thisPlatform } from './platform/this-platform.ts';
import { pruneReceived } from './prune-received.ts';
import { pruneTrash } from './prune-trash.ts';
import { runTogether } from './run-together.ts';
import { createShareBook } from './share-book.ts';
import { shareMarksFile } from './share-marks-file.ts';
import { WatchedFolders } from './watched-folders.ts';

export interface AgentOptions {
  /** The folder to sync. */
  readonly folder: string;
  /** The file that holds what the agent remembers of it. */
  readonly database: string;
  readonly api: ApiClient;
  readonly transfer: TransferDeps;
  readonly versions: KnownVersions;
  readonly deviceName: string;
  mimeTypeOf(name: string): string;
  /** The folder lost its marker, and that is meant. */
  readonly newRoot?: boolean;
  onEvent?(event: AgentEvent): void;
  /** Something waits for a person's word that didn't before: see the status. */
  onQuestion?(): void;
}

/** With the place that it is about, and how many bytes that can move. */
export type AgentEvent = EngineEvent & { readonly path: LocalPath; readonly size: number };

/** The answers to what was asked. */
export interface ResumeOptions {
  /** Very much may be deleted. */
  readonly acceptDeletes?: boolean;
  /** Very much was edited, and may be sent. */
  readonly acceptEdits?: boolean;
  /** Shares that were removed from the folder are left … */
  readonly leave?: boolean;
  /** … or come back. */
  readonly bringBack?: boolean;
}

export interface Agent {
  readonly status: AgentStatus;
  /** How a file stands, or each that is in a folder; a path below the root, or an absolute one. */
  look(path: string): FileState[];
  /** So many of what waits. */
  waiting(limit: number): FileState[];
  /** Until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
  /** Until nothing is left to do. */
  syncOnce(signal: AbortSignal): Promise<void>;
  pause(): void;
  resume(options?: ResumeOptions): void;
  /**
   * Whether a folder of the server is wanted here. One that isn't goes to the trash here, if all in
   * it is in step, and stays at the server. Throws FolderChoiceError.
   */
  choose(path: LocalPath, options: { readonly isWanted: boolean }): Promise<void>;
  /** The same before the first sync, for folders that aren't wanted: call it before either of the two. */
  leaveOut(paths: readonly LocalPath[], signal: AbortSignal): Promise<void>;
  close(): void;
}

/** What holds everything up, by what the agent is doing. */
const WAITS_FOR: Readonly<Record<string, string>> = {
  paused: 'the sync is paused',
  offline: 'the server can’t be reached',
};

/**
 * The agent for one folder: the engine over a real disk and a real server. Throws `RootMissing`,
 * and SQLite's "locked" while another agent holds the database.
 */
export function openAgent(options: AgentOptions): Agent {
  mkdirSync(options.folder, { recursive: true });
  const root = realpathSync(options.folder);
  const { api, transfer } = options;
  const { ambient } = transfer;
  const store = openSqliteStore(options.database);
  const state = createSyncState(store);
  const clock = nodeClock(ambient);
  const checkRoot = bindRoot(root, state, { clock, newRoot: options.newRoot === true });
  const own = makeOwnFolders(root);
  const platform = thisPlatform();
  const disk = { platform, traits: probeDisk(root, platform) };
  const fs = nodeFileSystem(root, own, disk);
  const rules = new IgnoreRules(root);
  const isIgnored = (path: LocalPath, isFolder: boolean) => rules.isIgnored(path, isFolder);
  const selection = new Selection(state);
  const bytes = { up: 0, down: 0 };
  const paths = new OperationPaths(state);
  const book = createShareBook(api.shares);
  const live = new Live({ api, ambient, book });
  const server = clientServer(api, book);
  const engine = new Engine({
    fs,
    server,
    transfers: clientTransfers({
      root,
      received: own.received,
      fs,
      disk,
      transfer,
      versions: options.versions,
      mimeTypeOf: options.mimeTypeOf,
      onBytes: (direction, count) => {
        bytes[direction] += count;
      },
    }),
    clock,
    state,
    marks: shareMarksFile(root),
    policy: {
      isIgnored: (node) => isIgnoredThere(state, rules, node),
      isDeselected: (id) => selection.isDeselected(id),
      conflictName: (name, taken) =>
        conflictedCopyName(parseName(name), {
          by: options.deviceName,
          date: new Date(clock.now()),
          taken,
        }),
    },
    pollEveryMs: () => live.pollEveryMs,
    isWatching: () => watched.isWhole,
    isIgnored: (path, isFolder) => isIgnored(path, isFolder) || selection.isOutAt(path),
    checkRoot,
    onEvent(event) {
      const path = paths.of(event);
      if (event.kind === 'done' && path.split('/').at(-1) === IGNORE_FILE) rulesChanged();
      options.onEvent?.({ ...event, path, size: bytesOf(state, event.operation) });
    },
    onRound() {
      selection.forgetPaths();
      watched.update();
    },
    onQuestion: () => options.onQuestion?.(),
  });
  const choice = new FolderChoice({ engine, server, state, selection, isIgnored });
  const rulesChanged = () => {
    rules.forget();
    engine.lookAgain();
  };
  const watcher = platform.watch(root, (folder, name) => {
    if (name === IGNORE_FILE) rulesChanged();
    else engine.localHint(folder);
  });
  const watched = new WatchedFolders(watcher, state);
  const statusNow = () => {
    const unwatched = watched.isWhole ? null : platform.unwatched;
    return agentStatus(engine.status, { folder: root, state, selection, bytes, unwatched });
  };
  const isLeftOut = (path: LocalPath) => selection.isOutBelow(path) || isIgnored(path, false);
  const sources = () => {
    const { problems, state: doing } = statusNow();
    return { state, problems, waitsFor: WAITS_FOR[doing] ?? null, isLeftOut };
  };
  return {
    get status() {
      return statusNow();
    },
    look: (path) => fileStates(sources(), relative(root, resolve(root, path))),
    waiting: (limit) => waitingFiles(sources()).take(limit).toArray(),
    async run(signal) {
      watched.begin();
      await pruneTrash(own.trash, clock.now());
      await pruneReceived(own.received, clock.now());
      await runTogether(signal, [
        (until) => live.follow(engine, until),
        (until) => engine.run(until),
      ]);
    },
    async syncOnce(signal) {
      await engine.syncOnce(signal);
    },
    pause: () => engine.pause(),
    resume: (how) => engine.resume(how),
    choose: (path, how) => choice.choose(path, how),
    leaveOut: (paths, signal) => choice.leaveOut(paths, signal),
    close() {
      watcher.close();
      store.close();
    },
  };
}

function isIgnoredThere(state: SyncState, rules: IgnoreRules, node: RemoteNode): boolean {
  return rules.isIgnored(remotePath(state, node.id) ?? node.name, node.kind === 'folder');
}
