import { mkdirSync, realpathSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type ApiClient, keepLive, type TransferDeps } from '@valise/client';
import type { KnownVersions } from '@valise/client-node';
import { conflictedCopyName, parseName } from '@valise/core/names';
import type { LiveMessage } from '@valise/core/wire';
import { Engine, type EngineEvent, type EngineStatus } from '../engine/engine.ts';
import type { Operation } from '../plan/operation.ts';
import type { Clock } from '../ports/clock.ts';
import { DiskError, type LocalPath } from '../ports/file-system.ts';
import { remoteFolderAt, remotePath, Selection } from '../selection/selection.ts';
import { openSqliteStore } from '../state/sqlite-store.ts';
import { createSyncState, type SyncState } from '../state/sync-state.ts';
import { joinPath, localPath } from '../tree/local-path.ts';
import { type NodeId, type RemoteNode, ROOT } from '../tree/node.ts';
import { clientServer, remoteChanges } from './client-server.ts';
import { clientTransfers } from './client-transfers.ts';
import { watchFolders } from './folder-watcher.ts';
import { IGNORE_FILE, IgnoreRules } from './ignore-rules.ts';
import { makeOwnFolders, nodeFileSystem } from './node-file-system.ts';
import { RootMissing, readMarker, writeMarker } from './root-marker.ts';
import { createShareBook, type ShareBook } from './share-book.ts';
import { shareMarksFile } from './share-marks-file.ts';

/** While pushes come, polling is the safety net; else it is how changes elsewhere are seen. */
const POLL_EVERY_MS = { up: 180_000, down: 5_000 } as const;
const KEEP_TRASH_DAYS = 30;
const DAY_MS = 86_400_000;

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
}

export type AgentEvent = EngineEvent & { readonly path: LocalPath };

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

/** The answers to what was asked. */
export interface ResumeOptions {
  /** Very much may be deleted. */
  readonly acceptDeletes?: boolean;
  /** Shares that were removed from the folder are left … */
  readonly leave?: boolean;
  /** … or come back. */
  readonly bringBack?: boolean;
}

/** Something that isn't in step, and why. */
export interface Problem {
  readonly path: LocalPath;
  readonly reason: string;
}

export interface Agent {
  readonly status: AgentStatus;
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
  close(): void;
}

/**
 * The agent for one folder: the engine over a real disk and a real server. Throws `RootMissing`,
 * and SQLite's "locked" while another agent holds the database.
 */
export function openAgent(options: AgentOptions): Agent {
  mkdirSync(options.folder, { recursive: true });
  const root = realpathSync(options.folder);
  const store = openSqliteStore(options.database);
  const state = createSyncState(store);
  const clock = clockOf(options.transfer.ambient);
  const checkRoot = bindRoot(root, state, { clock, newRoot: options.newRoot === true });
  const own = makeOwnFolders(root);
  const fs = nodeFileSystem(root, own);
  const rules = new IgnoreRules(root);
  const isRuledOut = (path: LocalPath, isFolder: boolean) => rules.isIgnored(path, isFolder);
  const selection = new Selection(state);
  const bytes = { up: 0, down: 0 };
  let live: 'up' | 'down' = 'down';
  const paths = new OperationPaths(state);
  const book = createShareBook(options.api.shares);
  const engine = new Engine({
    fs,
    server: clientServer(options.api, book),
    transfers: clientTransfers({
      root,
      received: own.received,
      fs,
      transfer: options.transfer,
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
      isExcluded: (node) => selection.isOut(node) || isIgnoredThere(state, rules, node),
      conflictName: (name, taken) =>
        conflictedCopyName(parseName(name), {
          by: options.deviceName,
          date: new Date(clock.now()),
          taken,
        }),
    },
    pollEveryMs: () => POLL_EVERY_MS[live],
    isWatching: () => !watches || watcher.isWhole,
    isIgnored: (path, isFolder) => isRuledOut(path, isFolder) || selection.isOutAt(path),
    checkRoot,
    onEvent(event) {
      const path = paths.of(event);
      if (event.kind === 'done' && path.split('/').at(-1) === IGNORE_FILE) rulesChanged();
      options.onEvent?.({ ...event, path });
    },
    onRound: () => {
      selection.forgetPaths();
      watch();
    },
  });
  const watcher = watchFolders(root, (folder, name) => {
    if (name === IGNORE_FILE) rulesChanged();
    else engine.localHint(folder);
  });
  const rulesChanged = () => {
    rules.forget();
    engine.localHint(null);
  };
  let watched = -1;
  let watches = false;
  const watch = () => {
    if (!watches || watched === state.folderChanges) return;
    watched = state.folderChanges;
    watcher.follow(folderPaths(state));
  };
  return {
    get status() {
      const status = engine.status;
      const files = state.syncedFiles();
      const problems = problemsOf(state, status);
      if (!watcher.isWhole) problems.push(TOO_MANY_FOLDERS);
      const removedShares = status.leaving.map((id) => pathOfNode(state, id));
      const moved = { sent: bytes.up, received: bytes.down };
      const deselected = selection.paths();
      return { ...status, ...moved, folder: root, files, problems, removedShares, deselected };
    },
    async run(signal) {
      watches = true;
      // Known folders are watched before the first scan looks at them: no need to look again.
      watched = state.folderChanges;
      watcher.follow(folderPaths(state), { hint: false });
      await pruneTrash(own.trash, clock.now());
      await withLive(signal, {
        live: (until) =>
          keepLive(options.api, {
            signal: until,
            ambient: options.transfer.ambient,
            onMessage: (message) => hear(engine, book, message),
            onState(state) {
              live = state;
              // What happened while nobody told us.
              engine.remoteHint();
            },
          }),
        run: (until) => engine.run(until),
      });
    },
    syncOnce: (signal) => engine.syncOnce(signal),
    pause: () => engine.pause(),
    resume: (how) => engine.resume(how),
    async choose(path, { isWanted }) {
      const folder = remoteFolderAt(state, path);
      if (folder === undefined) throw new FolderChoiceError(`The server has no folder ${path}.`);
      const note = (wanted: boolean) => selection.set(folder.id, { isWanted: wanted });
      if (isWanted || state.trees.local.get(folder.id) === undefined) note(isWanted);
      else await putAway(engine, folder.id, { path, note, isIgnored: isRuledOut });
      engine.lookAgain();
    },
    close() {
      watcher.close();
      store.close();
    },
  };
}

/** The choice of a folder can't be carried out; the message says why. */
export class FolderChoiceError extends Error {
  override readonly name = 'FolderChoiceError';
}

async function putAway(
  engine: Engine,
  id: NodeId,
  { path, ...how }: { readonly path: LocalPath } & Parameters<Engine['putAway']>[1],
): Promise<void> {
  try {
    await engine.putAway(id, how);
  } catch (cause) {
    if (!(cause instanceof DiskError)) throw cause;
    throw new FolderChoiceError(`${path} stays as it is: ${cause.message}`, { cause });
  }
}

/** Runs both until one ends; a login that is over ends either. */
async function withLive(
  signal: AbortSignal,
  { live, run }: Record<'live' | 'run', (signal: AbortSignal) => Promise<void>>,
): Promise<void> {
  const stop = new AbortController();
  const until = AbortSignal.any([signal, stop.signal]);
  let failure: { readonly error: unknown } | null = null;
  const guard = async (work: Promise<void>) => {
    try {
      await work;
    } catch (error) {
      failure ??= { error };
    }
    stop.abort();
  };
  await Promise.all([guard(live(until)), guard(run(until))]);
  if (failure !== null) throw (failure as { readonly error: unknown }).error;
}

/** A push is applied if it goes on from where we are; anything else is a reason to ask. */
function hear(engine: Engine, book: ShareBook, message: LiveMessage): void {
  if (message.type !== 'changes' || !book.knows(message.changes)) {
    engine.remoteHint();
    return;
  }
  const { from, cursor } = message;
  engine.push({ from, cursor, changes: remoteChanges(message.changes, book) });
}

function clockOf(ambient: TransferDeps['ambient']): Clock {
  return {
    now: () => ambient.now(),
    random: () => ambient.random(),
    newId: () => ambient.newId(),
    async sleep(milliseconds, signal) {
      try {
        // Timers take at most 31 bits.
        await wait(Math.min(milliseconds, 0x7fffffff), undefined, { signal });
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    },
  };
}

/** The folder and the memory of it belong together by an id that both hold. */
function bindRoot(
  root: string,
  state: SyncState,
  { clock, newRoot }: { readonly clock: Clock; readonly newRoot: boolean },
): () => Promise<void> {
  const marker = readMarker(root);
  const known = state.value('root');
  if (known !== null && marker !== known) {
    if (!newRoot) throw new RootMissing(root);
    forgetEverything(state);
  }
  const id = marker ?? clock.newId();
  if (marker === null) writeMarker(root, id);
  state.setValue('root', id);
  return async () => {
    if (readMarker(root) !== id) throw new RootMissing(root);
  };
}

function forgetEverything(state: SyncState): void {
  state.update((trees) => {
    for (const tree of [trees.remote, trees.local, trees.synced]) {
      for (const { id } of [...tree.all()]) tree.delete(id);
    }
    state.setValue('cursor', null);
  });
}

function isIgnoredThere(state: SyncState, rules: IgnoreRules, node: RemoteNode): boolean {
  return rules.isIgnored(remotePath(state, node.id) ?? node.name, node.kind === 'folder');
}

/** Where an operation happens, looked up before it begins: afterwards a deleted node has no path. */
class OperationPaths {
  readonly #state: SyncState;
  readonly #begun = new Map<Operation, LocalPath>();

  constructor(state: SyncState) {
    this.#state = state;
  }

  of({ kind, operation }: EngineEvent): LocalPath {
    const path = this.#begun.get(operation) ?? pathOfOperation(this.#state, operation);
    if (kind === 'started') this.#begun.set(operation, path);
    else this.#begun.delete(operation);
    return path;
  }
}

function pathOfOperation(state: SyncState, operation: Operation): LocalPath {
  const { local } = state.trees;
  if ('parentId' in operation) {
    return joinPath(localPath(local, operation.parentId) ?? '', operation.name);
  }
  return pathOfNode(state, operation.id);
}

function pathOfNode(state: SyncState, id: NodeId): LocalPath {
  const here = localPath(state.trees.local, id);
  if (here !== undefined) return here;
  return remotePath(state, id) ?? id;
}

function folderPaths({ trees }: SyncState): Set<LocalPath> {
  const paths = new Set<LocalPath>(['']);
  const queue: { readonly id: NodeId; readonly path: LocalPath }[] = [{ id: ROOT, path: '' }];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    for (const child of trees.local.children(next.id)) {
      if (child.kind !== 'folder') continue;
      const path = joinPath(next.path, child.diskName);
      paths.add(path);
      queue.push({ id: child.id, path });
    }
  }
  return paths;
}

const SKIPPED: Readonly<Record<string, string>> = {
  kind: 'not a file, folder or symlink',
  name: 'the server takes no such name: rename it',
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
    ...failures.map(({ id, error }) => ({
      path: pathOfNode(state, id),
      reason: error instanceof Error ? error.message : String(error),
    })),
    ...blocks.flatMap(({ id, reason }) => {
      const text = BLOCKED[reason];
      return text === undefined ? [] : [{ path: pathOfNode(state, id), reason: text }];
    }),
  ];
}

const TOO_MANY_FOLDERS: Problem = {
  path: '.',
  reason:
    'there are more folders than the system lets us watch, so some changes here are found by ' +
    'scans, up to minutes later: raise fs.inotify.max_user_watches (sysctl)',
};

async function pruneTrash(trash: string, now: number): Promise<void> {
  for (const day of await readdir(trash)) {
    const time = Date.parse(day);
    if (Number.isNaN(time) || now - time < KEEP_TRASH_DAYS * DAY_MS) continue;
    await rm(join(trash, day), { recursive: true, force: true });
  }
}
