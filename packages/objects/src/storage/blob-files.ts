import { randomBytes } from 'node:crypto';
import { constants, type Dirent } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rm, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder, writeWhole } from './file-io.ts';

/** Bytes gathered before one write: large enough to be cheap, small enough to be many at once. */
const WRITE_SIZE = 1024 * 1024;

export interface WrittenBlob {
  readonly id: string;
  readonly size: number;
}

/**
 * Immutable files `blobs/<2 hex>/<32 hex>`, written temp → fsync → rename → fsync folder. A blob
 * that no journal record names is garbage; one that is being written is held by its id until the
 * record is there. Deletion of a blob that a GET reads waits for that GET.
 */
export class BlobFiles {
  readonly #folder: string;
  readonly #temp: string;
  readonly #held = new Map<string, number>();
  readonly #doomed = new Set<string>();
  readonly #made = new Set<string>();

  private constructor(folder: string, temp: string) {
    this.#folder = folder;
    this.#temp = temp;
  }

  /** Opens the folder; unfinished files of an earlier process go. */
  static async open(root: string): Promise<BlobFiles> {
    const folder = join(root, 'blobs');
    const temp = join(root, 'temp');
    await rm(temp, { recursive: true, force: true });
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await mkdir(temp, { mode: 0o700 });
    await syncFolder(root);
    return new BlobFiles(folder, temp);
  }

  /** Writes a blob; durable when this returns, and held until `release`. */
  async write(content: AsyncIterable<Buffer>): Promise<WrittenBlob> {
    const id = randomBytes(16).toString('hex');
    const path = join(this.#temp, id);
    this.hold(id);
    try {
      const size = await writeFile(path, content);
      const folder = await this.#folderOf(id);
      await rename(path, join(folder, id));
      await syncFolder(folder);
      return { id, size };
    } catch (error) {
      this.release(id);
      await rm(path, { force: true });
      await rm(this.#pathOf(id), { force: true });
      throw error;
    }
  }

  read(id: string): Promise<FileHandle> {
    return open(this.#pathOf(id), constants.O_RDONLY);
  }

  hold(id: string): void {
    this.#held.set(id, (this.#held.get(id) ?? 0) + 1);
  }

  release(id: string): void {
    const count = (this.#held.get(id) ?? 1) - 1;
    if (count > 0) {
      this.#held.set(id, count);
      return;
    }
    this.#held.delete(id);
    if (this.#doomed.delete(id)) this.#unlink(id);
  }

  /** Removes blobs that nothing names any more; those that are held go when released. */
  remove(ids: readonly string[]): void {
    for (const id of ids) {
      if (this.#held.has(id)) this.#doomed.add(id);
      else this.#unlink(id);
    }
  }

  /** Removes every blob that `isKnown` denies and nobody holds. Answers how many. */
  async sweep(isKnown: (id: string) => boolean): Promise<number> {
    let removed = 0;
    for (const sub of await readdir(this.#folder)) {
      const entries: Dirent[] = await readdir(join(this.#folder, sub), { withFileTypes: true });
      for (const { name } of entries) {
        if (this.#held.has(name) || isKnown(name)) continue;
        await rm(join(this.#folder, sub, name), { force: true });
        removed += 1;
      }
    }
    return removed;
  }

  // A blob that stays because of a failed unlink is found by the sweep of the next start.
  #unlink(id: string): void {
    unlink(this.#pathOf(id)).catch(() => undefined);
  }

  #pathOf(id: string): string {
    return join(this.#folder, id.slice(0, 2), id);
  }

  async #folderOf(id: string): Promise<string> {
    const folder = join(this.#folder, id.slice(0, 2));
    if (this.#made.has(folder)) return folder;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await syncFolder(this.#folder);
    this.#made.add(folder);
    return folder;
  }
}

async function writeFile(path: string, content: AsyncIterable<Buffer>): Promise<number> {
  const file = await open(path, 'wx', 0o600);
  let position = 0;
  let gathered: Buffer[] = [];
  let waiting = 0;
  const flush = async (): Promise<void> => {
    const buffers = gathered;
    const length = waiting;
    gathered = [];
    waiting = 0;
    await writeWhole(file, buffers, position);
    position += length;
  };
  try {
    for await (const chunk of content) {
      gathered.push(chunk);
      waiting += chunk.length;
      if (waiting >= WRITE_SIZE) await flush();
    }
    if (waiting > 0) await flush();
    await file.sync();
    return position;
  } finally {
    await file.close();
  }
}
