import type { Engine, EngineDeps } from '../engine/engine.ts';
import { pullChanges } from '../engine/pull-changes.ts';
import { Wake } from '../engine/wake.ts';
import { DiskError, type LocalPath } from '../ports/file-system.ts';
import { remoteFolderAt, type Selection } from '../selection/selection.ts';
import type { NodeId, RemoteNode } from '../tree/node.ts';

/** The choice of a folder can't be carried out; the message says why. */
export class FolderChoiceError extends Error {
  override readonly name = 'FolderChoiceError';
}

export interface FolderChoiceDeps
  extends Pick<EngineDeps, 'server' | 'state' | 'clock' | 'isIgnored'> {
  readonly engine: Engine;
  readonly selection: Selection;
}

/** Which of the server's folders are wanted here, carried out on the disk. */
export class FolderChoice {
  readonly #deps: FolderChoiceDeps;
  readonly #wake: Wake;

  constructor(deps: FolderChoiceDeps) {
    this.#deps = deps;
    this.#wake = new Wake(deps.clock);
  }

  async choose(path: LocalPath, { isWanted }: { readonly isWanted: boolean }): Promise<void> {
    await this.#set(this.#folderAt(path), { path, isWanted });
    this.#deps.engine.lookAgain();
  }

  /** Before anything else is done: what is not wanted from the start. All of it, or nothing. */
  async leaveOut(paths: readonly LocalPath[], signal: AbortSignal): Promise<void> {
    await pullChanges({ ...this.#deps, signal });
    const folders = paths.map((path) => ({ path, folder: this.#folderAt(path) }));
    for (const { path, folder } of folders) await this.#set(folder, { path, isWanted: false });
  }

  /** A round of the engine is over. */
  roundOver(): void {
    this.#wake.set();
  }

  /** Until the signal aborts. */
  async keep(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#wake.wait(Number.MAX_SAFE_INTEGER, signal);
      if (!signal.aborted) await this.putAwayMoved();
    }
  }

  /**
   * What others moved into a folder that isn't wanted here goes from here, too: to the trash, and
   * only when everything that was done to it here has been sent.
   */
  async putAwayMoved(): Promise<void> {
    const { engine, isIgnored } = this.#deps;
    for (const id of this.#movedOut()) {
      try {
        await engine.takeOff(id, { isIgnored });
      } catch (error) {
        // Later, then: a round follows when it has been sent.
        if (!(error instanceof DiskError)) throw error;
      }
    }
  }

  #folderAt(path: LocalPath): RemoteNode {
    const folder = remoteFolderAt(this.#deps.state, path);
    if (folder === undefined) throw new FolderChoiceError(`The server has no folder ${path}.`);
    return folder;
  }

  async #set(
    { id }: RemoteNode,
    { path, isWanted }: { readonly path: LocalPath; readonly isWanted: boolean },
  ): Promise<void> {
    const { engine, selection, state, isIgnored } = this.#deps;
    const note = (wanted: boolean) => selection.set(id, { isWanted: wanted });
    if (isWanted || state.trees.local.get(id) === undefined) return note(isWanted);
    try {
      await engine.putAway(id, { note, isIgnored });
    } catch (cause) {
      if (!(cause instanceof DiskError)) throw cause;
      throw new FolderChoiceError(`${path} stays as it is: ${cause.message}`, { cause });
    }
  }

  #movedOut(): readonly NodeId[] {
    const { selection, state } = this.#deps;
    if (selection.isAll) return [];
    const { local, remote } = state.trees;
    return [...state.dirty].filter((id) => {
      const there = local.get(id) && remote.get(id);
      return there !== undefined && selection.isOut(there);
    });
  }
}
