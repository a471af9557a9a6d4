import type { Operation } from '../plan/operation.ts';
import type { Clock } from '../ports/clock.ts';
import type { FileSystem, LocalPath } from '../ports/file-system.ts';
import type { ShareMarks } from '../ports/share-marks.ts';
import { type ScanDeps, type Skipped, scanAll, scanFolders } from '../scan/scan-folders.ts';
import type { SyncState } from '../state/sync-state.ts';
import { folderOf, localPath } from '../tree/local-path.ts';
import type { NodeId } from '../tree/node.ts';
import { markShares } from './mark-shares.ts';
import { ScanQueue } from './scan-queue.ts';
import type { Turns } from './turns.ts';

/** A full scan finds what the watcher lost … */
const FULL_SCAN_EVERY_MS = 3_600_000;
/** … and while it can't watch every folder, it is how changes are seen, as far as scans are cheap. */
const UNWATCHED_SCAN_MS = 30_000;
/** Scans take at most this part of the time then. */
const SCANNING_SHARE = 0.05;

export interface LocalScansDeps {
  readonly fs: FileSystem;
  readonly clock: Clock;
  readonly state: SyncState;
  readonly marks: ShareMarks;
  isIgnored(path: LocalPath, isFolder: boolean): boolean;
  checkRoot(): Promise<void>;
  isWatching?(): boolean;
}

/** When the disk is looked at, and what isn't synced of what is there. */
export class LocalScans {
  readonly #deps: LocalScansDeps;
  readonly #disk: Turns;
  readonly #queue: ScanQueue;
  readonly #skipped = new Map<NodeId, readonly Skipped[]>();
  #fullScanDue = 0;
  #scanTook = 0;

  constructor(deps: LocalScansDeps, disk: Turns) {
    this.#deps = deps;
    this.#disk = disk;
    this.#queue = new ScanQueue(deps.clock);
  }

  get skipped(): readonly Skipped[] {
    return [...this.#skipped.values()].flat();
  }

  /** No folder is known in which something happened. */
  get areDone(): boolean {
    return this.#queue.isEmpty;
  }

  /** Something happened in that folder; null: somewhere. */
  hint(path: LocalPath | null): void {
    if (path === null) this.#fullScanDue = 0;
    else this.#queue.hint(this.#deps.state.trees.local, path);
  }

  /** An operation met something else than was known. */
  again(operation: Operation): void {
    this.#queue.again(this.#deps.state.trees.local, operation);
  }

  nextDue(): number {
    return Math.min(this.#queue.nextDue(), this.#fullScanIn());
  }

  /** Looks where it is time to; answers whether it did. */
  async run(): Promise<boolean> {
    const { clock, state } = this.#deps;
    const isFull = this.#fullScanIn() <= 0;
    const folders = this.#queue.due(state.trees.local);
    if (!isFull && folders.length === 0) return false;
    await this.#disk.run(async () => {
      await this.#deps.checkRoot();
      if (isFull) {
        // Before it begins: what is hinted at meanwhile is looked at again.
        this.#queue.clear();
        this.#skipped.clear();
        const begun = clock.now();
        this.#fullScanDue = begun + FULL_SCAN_EVERY_MS;
        await scanAll(this.#scanDeps());
        markShares(state, this.#deps.marks);
        this.#scanTook = Math.max(0, clock.now() - begun);
      } else await scanFolders(this.#scanDeps(), folders);
    });
    return true;
  }

  /** Milliseconds until everything is to be looked at again. */
  #fullScanIn(): number {
    const due = this.#fullScanDue - this.#deps.clock.now();
    if (due <= 0 || (this.#deps.isWatching?.() ?? true)) return due;
    const every = Math.max(UNWATCHED_SCAN_MS, this.#scanTook / SCANNING_SHARE);
    return due - Math.max(0, FULL_SCAN_EVERY_MS - every);
  }

  #scanDeps(): ScanDeps {
    const { fs, state, clock, marks, isIgnored } = this.#deps;
    return {
      fs,
      marks,
      state,
      newId: () => clock.newId(),
      isIgnored,
      waiting: () => this.#queue.waiting(state.trees.local),
      onSkipped: (folder, skipped) => {
        if (skipped.length === 0) this.#skipped.delete(folder);
        else this.#skipped.set(folder, skipped);
      },
    };
  }

  /** A name became free: whatever differed from it only in case may be synced now. */
  lookAtTwins(): void {
    const { local } = this.#deps.state.trees;
    for (const [id, skipped] of this.#skipped) {
      const path = localPath(local, id);
      const twin = skipped.find(({ reason }) => reason === 'case-twin');
      // A folder that goes by another id by now still has its twins.
      if (twin !== undefined) this.#queue.hint(local, path ?? folderOf(twin.path));
      if (path === undefined) this.#skipped.delete(id);
    }
  }
}
