import { crc32 } from 'node:zlib';
import { type DiskFile, writeWhole } from './file-io.ts';

/**
 * So many bytes written, the disk is told to begin with them while more arrive: otherwise all of a
 * large object would wait for its last byte, and its sender for the disk.
 */
const FLUSH_EVERY = 64 * 1024 * 1024;

/**
 * Writes one file from start to end: gathers pieces, and writes one while the next is gathered.
 * At most two of them are held. The file's owner closes it, after `settled`.
 */
export class BlobWriter {
  readonly #file: DiskFile;
  readonly #pieceSize: () => number;
  readonly #flushEvery: number;
  #gathered: Buffer[] = [];
  #waiting = 0;
  #size = 0;
  #crc = 0;
  #unflushed = 0;
  #writing: Promise<void> = Promise.resolve();
  #flushing: Promise<void> | null = null;
  #unflushable: unknown = null;

  constructor(file: DiskFile, pieceSize: () => number, flushEvery: number = FLUSH_EVERY) {
    this.#file = file;
    this.#pieceSize = pieceSize;
    this.#flushEvery = flushEvery;
  }

  /** The chunk must stay as it is until the end. */
  async add(chunk: Buffer): Promise<void> {
    this.#crc = crc32(chunk, this.#crc);
    this.#gathered.push(chunk);
    this.#waiting += chunk.length;
    if (this.#waiting >= this.#pieceSize()) await this.#write();
  }

  /** Resolves when everything is on the disk. */
  async end(): Promise<{ size: number; crc: number }> {
    await this.#write();
    await this.#writing;
    await this.#flushing;
    // The kernel tells of a failed write once: a later sync of the same file would not fail again.
    if (this.#unflushable !== null) throw this.#unflushable;
    await this.#file.sync();
    return { size: this.#size, crc: this.#crc };
  }

  /** Resolves when no call to the file is under way any more, however they ended. */
  async settled(): Promise<void> {
    await this.#writing.catch(() => undefined);
    await this.#flushing;
  }

  async #write(): Promise<void> {
    // Throws what the previous piece failed with.
    await this.#writing;
    if (this.#waiting === 0) return;
    const [buffers, length, position] = [this.#gathered, this.#waiting, this.#size];
    this.#gathered = [];
    this.#waiting = 0;
    this.#size += length;
    this.#unflushed += length;
    this.#writing = writeWhole(this.#file, buffers, position);
    this.#writing.catch(() => undefined);
    if (this.#unflushed >= this.#flushEvery && this.#flushing === null) this.#flush();
  }

  #flush(): void {
    this.#unflushed = 0;
    this.#flushing = this.#file
      .datasync()
      .catch((error) => {
        this.#unflushable = error;
      })
      .finally(() => {
        this.#flushing = null;
      });
  }
}
