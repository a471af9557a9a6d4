import type { Engine } from '../engine/engine.ts';
import type { EngineDeps } from '../engine/engine-types.ts';
import { pullChanges } from '../engine/pull-changes.ts';
import { DiskError, type LocalPath } from '../ports/file-system.ts';
import { remoteFolderAt, type Selection } from '../selection/selection.ts';
import type { RemoteNode } from '../tree/node.ts';

/** The choice of a folder can't be carried out; the message says why. */
export class FolderChoiceError extends Error {
  override readonly name = 'FolderChoiceError';
}

export interface FolderChoiceDeps extends Pick<EngineDeps, 'server' | 'state' | 'isIgnored'> {
  readonly engine: Engine;
  readonly selection: Selection;
}

/** Which of the server's folders are wanted here, carried out on the disk. */
export class FolderChoice {
  readonly #deps: FolderChoiceDeps;

  constructor(deps: FolderChoiceDeps) {
    this.#deps = deps;
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
}
