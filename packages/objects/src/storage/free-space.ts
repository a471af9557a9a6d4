import { statfs } from 'node:fs/promises';
import { S3Error } from '../s3/s3-error.ts';

/** Kept free, so that deletions and completions can still be recorded when content has no room. */
const RESERVE = 64 * 1024 * 1024;
/** Of a small disk at most this part is held back. */
const RESERVE_SHARE = 0.05;
/** One look serves all requests of this time. */
const VALID_MS = 200;

/** Refuses new content before the disk is quite full, counting what is on its way. */
export class FreeSpace {
  readonly #folder: string;
  readonly #makeRoom: () => Promise<void>;
  #looked = Number.NEGATIVE_INFINITY;
  #room = 0;
  #coming = 0;
  #looking: Promise<void> = Promise.resolve();

  /** `makeRoom` gives back what is only kept as long as there is room. */
  constructor(folder: string, makeRoom: () => Promise<void>) {
    this.#folder = folder;
    this.#makeRoom = makeRoom;
  }

  /** Runs `write` if `size` bytes fit and the reserve stays; else S3Error InsufficientStorage. */
  async during<T>(size: number, write: () => Promise<T>): Promise<T> {
    const now = performance.now();
    if (now - this.#looked > VALID_MS) {
      this.#looked = now;
      this.#looking = this.#look();
    }
    await this.#looking;
    if (size > this.#room) {
      await this.#makeRoom();
      await this.#look();
    }
    if (size > this.#room) throw new S3Error('InsufficientStorage');
    this.#room -= size;
    this.#coming += size;
    try {
      return await write();
    } finally {
      this.#coming -= size;
    }
  }

  async #look(): Promise<void> {
    const { bavail, blocks, bsize } = await statfs(this.#folder);
    const reserve = Math.min(RESERVE, blocks * bsize * RESERVE_SHARE);
    this.#room = bavail * bsize - reserve - this.#coming;
  }
}
