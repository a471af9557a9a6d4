import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { BlobWriter } from './blob-writer.ts';
import { BufferBudget } from './buffer-budget.ts';
import type { Disk } from './disk.ts';
import type { DiskFile } from './file-io.ts';

/** Bytes gathered before one write: large enough to be cheap. */
const WRITE_SIZE = 1024 * 1024;
/** For all writers together; many of them write smaller pieces. Each holds two: see BlobWriter. */
const WRITE_BUDGET = 32 * 1024 * 1024;

const yes = (): boolean => true;
function ifMissing(error: NodeJS.ErrnoException): boolean {
  if (error.code === 'ENOENT') return false;
  throw error;
}

export interface WrittenBlob {
  readonly id: string;
  readonly size: number;
  /** CRC-32 of all of it, computed on the way: one third of what SHA-256 costs, of any kind. */
  readonly crc: number;
}

/**
 * Immutable files `blobs/<2 hex>/<32 hex>`, written temp → fsync → rename → fsync folder. A blob
 * that no journal record names is garbage; one that is being written is held by its id until the
 * record is there. Deletion of a blob that a GET reads waits for that GET.
 */
export class BlobFiles {
  readonly #disk: Disk;
  readonly #folder: string;
  readonly #temp: string;
  readonly #held = new Map<string, number>();
  readonly #doomed = new Set<string>();
  readonly #made = new Set<string>();
  readonly #going = new Set<Promise<void>>();
  readonly #budget = new BufferBudget(WRITE_BUDGET / 2, WRITE_SIZE);

  private constructor(disk: Disk, folder: string, temp: string) {
    this.#disk = disk;
    this.#folder = folder;
    this.#temp = temp;
  }

  /** Opens the folder; unfinished files of an earlier process go. */
  static async open(root: string, disk: Disk): Promise<BlobFiles> {
    const folder = join(root, 'blobs');
    const temp = join(root, 'temp');
    await disk.mkdir(folder);
    await disk.mkdir(temp);
    for (const name of await readdir(temp)) await disk.unlink(join(temp, name));
    await disk.syncFolder(root);
    return new BlobFiles(disk, folder, temp);
  }

  /** Writes a blob; durable when this returns, and held until `release`. */
  async write(content: AsyncIterable<Buffer>): Promise<WrittenBlob> {
    const id = randomBytes(16).toString('hex');
    const path = join(this.#temp, id);
    this.hold(id);
    try {
      const written = await this.#budget.during((size) => this.#writeFile(path, content, size));
      const folder = await this.#folderOf(id);
      await this.#disk.rename(path, join(folder, id));
      await this.#disk.syncFolder(folder);
      return { id, ...written };
    } catch (error) {
      this.release(id);
      for (const left of [path, this.#pathOf(id)]) {
        await this.#disk.unlink(left).catch(() => undefined);
      }
      throw error;
    }
  }

  read(id: string): Promise<DiskFile> {
    return this.#disk.open(this.#pathOf(id), 'r');
  }

  /** Moves a damaged blob out of the way, to where nothing removes it. */
  async setAside(id: string, folder: string): Promise<void> {
    await this.#disk.mkdir(folder);
    await this.#disk.rename(this.#pathOf(id), join(folder, id));
    await this.#disk.syncFolder(folder);
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

  /** The ids of all blobs that are there. */
  async *list(): AsyncGenerator<string> {
    for (const sub of await readdir(this.#folder)) {
      for (const name of await readdir(join(this.#folder, sub))) yield name;
    }
  }

  /** Removes every blob that `isKnown` denies and nobody holds. Answers how many. */
  async sweep(isKnown: (id: string) => boolean): Promise<number> {
    let removed = 0;
    for await (const id of this.list()) {
      if (this.#held.has(id) || isKnown(id)) continue;
      // Another deletion may have been faster.
      if (await this.#disk.unlink(this.#pathOf(id)).then(yes, ifMissing)) removed += 1;
    }
    return removed;
  }

  /** Resolves when deletions that have begun are done. */
  async settled(): Promise<void> {
    await Promise.all(this.#going);
  }

  // A blob that stays because of a failed unlink is found by the sweep of the next start.
  #unlink(id: string): void {
    const going = this.#disk.unlink(this.#pathOf(id)).catch(() => undefined);
    this.#going.add(going);
    void going.then(() => this.#going.delete(going));
  }

  #pathOf(id: string): string {
    return join(this.#folder, id.slice(0, 2), id);
  }

  async #folderOf(id: string): Promise<string> {
    const folder = join(this.#folder, id.slice(0, 2));
    if (this.#made.has(folder)) return folder;
    await this.#disk.mkdir(folder);
    await this.#disk.syncFolder(this.#folder);
    this.#made.add(folder);
    return folder;
  }

  async #writeFile(
    path: string,
    content: AsyncIterable<Buffer>,
    pieceSize: () => number,
  ): Promise<{ size: number; crc: number }> {
    const file = await this.#disk.open(path, 'wx', 0o600);
    const writer = new BlobWriter(file, pieceSize);
    try {
      for await (const chunk of content) await writer.add(chunk);
      return await writer.end();
    } finally {
      await writer.settled();
      await file.close();
    }
  }
}
