import { type Disk, realDisk } from './disk.ts';
import type { DiskFile } from './file-io.ts';

/** For tests: a disk that is full at one step, counted from 0, and has room again after it. */
export class FailingDisk implements Disk {
  readonly #failing: number;
  #step = 0;
  /** The step that failed, '' if the story was shorter. */
  failed = '';

  constructor(failing: number) {
    this.#failing = failing;
  }

  #pass(what: string): void {
    const now = this.#step;
    this.#step += 1;
    if (now !== this.#failing) return;
    this.failed = what;
    throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
  }

  async open(path: string, flags: 'r' | 'r+' | 'wx' | 'w+', mode?: number): Promise<DiskFile> {
    if (flags === 'wx' || flags === 'w+') this.#pass(`create ${path}`);
    const file = await realDisk.open(path, flags, mode);
    return {
      read: file.read.bind(file),
      stat: file.stat.bind(file),
      close: () => file.close(),
      truncate: (size) => file.truncate(size),
      write: (async (buffer: Buffer, offset: number, length: number, position: number) => {
        this.#pass(`write ${path}`);
        return await file.write(buffer, offset, length, position);
      }) as DiskFile['write'],
      // What a full disk does: some of it is written, the rest fails.
      writev: (async (buffers: Buffer[], position: number) => {
        const half = Buffer.concat(buffers);
        const written = half.subarray(0, half.length >> 1);
        if (this.#step === this.#failing) await file.write(written, 0, written.length, position);
        this.#pass(`write ${path}`);
        return await file.writev(buffers, position);
      }) as DiskFile['writev'],
      sync: async () => {
        this.#pass(`sync ${path}`);
        await file.sync();
      },
      datasync: async () => {
        this.#pass(`sync ${path}`);
        await file.datasync();
      },
    };
  }

  async rename(from: string, to: string): Promise<void> {
    this.#pass(`rename ${to}`);
    await realDisk.rename(from, to);
  }

  async mkdir(path: string): Promise<void> {
    this.#pass(`mkdir ${path}`);
    await realDisk.mkdir(path);
  }

  async syncFolder(path: string): Promise<void> {
    this.#pass(`sync ${path}/`);
    await realDisk.syncFolder(path);
  }

  unlink = realDisk.unlink;
}
