import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { type Disk, realDisk } from './disk.ts';
import type { DiskFile } from './file-io.ts';

/*
 * For tests: a disk that writes down every step, and builds the folder that a crash behind any of
 * them leaves. Of a killed process all steps stay. After a power cut content stays as of its file's
 * last sync; names stay as of their folder's last sync, or all of them (file systems differ).
 */

interface Inode {
  content: Buffer;
  synced: Buffer;
}

type Step = (world: World) => void;

interface World {
  readonly names: Map<string, Inode | 'folder'>;
  readonly durable: Map<string, Inode | 'folder'>;
}

export interface Crash {
  /** How many steps were done. */
  readonly steps: number;
  readonly names: 'all' | 'synced';
  readonly content: 'all' | 'synced';
  /** The write that came next was half done. */
  readonly torn?: boolean;
}

interface Recorded {
  readonly what: string;
  readonly step: Step;
  /** For writes: half of it. */
  readonly half?: Step;
}

export class RecordingDisk implements Disk {
  readonly #root: string;
  readonly #log: Recorded[] = [];
  /** A handle goes with its file, wherever that is renamed to. */
  readonly #renamed = new Map<string, string>();

  constructor(root: string) {
    this.#root = root;
  }

  get steps(): number {
    return this.#log.length;
  }

  /** What the last of so many steps was, for messages. */
  describe(steps: number): string {
    return this.#log[steps - 1]?.what ?? 'nothing';
  }

  isWrite(step: number): boolean {
    return this.#log[step]?.half !== undefined;
  }

  #note(what: string, step: Step, half?: Step): void {
    this.#log.push({ what, step, ...(half ? { half } : {}) });
  }

  async open(path: string, flags: 'r' | 'r+' | 'wx' | 'w+', mode?: number): Promise<DiskFile> {
    const name = relative(this.#root, path);
    const file = await realDisk.open(path, flags, mode);
    if (flags === 'r') return file;
    if (flags !== 'r+') {
      this.#renamed.delete(name);
      this.#note(`create ${name}`, ({ names }) => {
        names.set(name, { content: Buffer.alloc(0), synced: Buffer.alloc(0) });
      });
    }
    return this.#recording(file, name);
  }

  #recording(file: DiskFile, opened: string): DiskFile {
    let name = opened;
    const change = (edit: (inode: Inode) => void): Step => {
      name = this.#renamed.get(name) ?? name;
      const at = name;
      return ({ names }) => {
        const inode = names.get(at);
        if (inode && inode !== 'folder') edit(inode);
      };
    };
    const noteWrite = (buffers: readonly Buffer[], position: number): void => {
      const bytes = Buffer.concat(buffers);
      const put = (part: Buffer) =>
        change((inode) => {
          const length = Math.max(inode.content.length, position + part.length);
          const content = Buffer.alloc(length);
          inode.content.copy(content);
          part.copy(content, position);
          inode.content = content;
        });
      const half = put(bytes.subarray(0, bytes.length >> 1));
      this.#note(`write ${name}`, put(bytes), half);
    };
    const noteSync = (): void => {
      const sync = change((inode) => {
        inode.synced = inode.content;
      });
      this.#note(`sync ${name}`, sync);
    };
    return {
      read: file.read.bind(file),
      stat: file.stat.bind(file),
      close: () => file.close(),
      write: (async (buffer: Buffer, offset: number, length: number, position: number) => {
        const done = await file.write(buffer, offset, length, position);
        noteWrite([buffer.subarray(offset, offset + done.bytesWritten)], position);
        return done;
      }) as DiskFile['write'],
      writev: (async (buffers: Buffer[], position: number) => {
        const done = await file.writev(buffers, position);
        noteWrite(buffers, position);
        return done;
      }) as DiskFile['writev'],
      async sync() {
        await file.sync();
        noteSync();
      },
      async datasync() {
        await file.datasync();
        noteSync();
      },
      truncate: async (size) => {
        await file.truncate(size);
        const cut = change((inode) => {
          inode.content = inode.content.subarray(0, size ?? 0);
        });
        this.#note(`truncate ${name}`, cut);
      },
    };
  }

  async rename(from: string, to: string): Promise<void> {
    await realDisk.rename(from, to);
    const [old, now] = [relative(this.#root, from), relative(this.#root, to)];
    this.#renamed.set(old, now);
    this.#note(`rename ${old} ${now}`, ({ names }) => {
      const inode = names.get(old);
      if (!inode) return;
      names.set(now, inode);
      names.delete(old);
    });
  }

  async unlink(path: string): Promise<void> {
    await realDisk.unlink(path);
    const name = relative(this.#root, path);
    this.#renamed.delete(name);
    this.#note(`unlink ${name}`, ({ names }) => names.delete(name));
  }

  async mkdir(path: string): Promise<void> {
    await realDisk.mkdir(path);
    const name = relative(this.#root, path);
    this.#note(`mkdir ${name}`, ({ names }) => {
      if (!names.has(name)) names.set(name, 'folder');
    });
  }

  async syncFolder(path: string): Promise<void> {
    await realDisk.syncFolder(path);
    const name = relative(this.#root, path) || '.';
    this.#note(`sync ${name}/`, ({ names, durable }) => {
      for (const known of durable.keys()) {
        if (dirname(known) === name && !names.has(known)) durable.delete(known);
      }
      for (const [known, inode] of names) {
        if (dirname(known) === name) durable.set(known, inode);
      }
    });
  }

  /** What the crash leaves: name → content, null for folders. */
  after(crash: Crash): ReadonlyMap<string, Buffer | null> {
    const world: World = { names: new Map(), durable: new Map() };
    for (const { step } of this.#log.slice(0, crash.steps)) step(world);
    if (crash.torn) this.#log[crash.steps]?.half?.(world);
    const kept = crash.names === 'all' ? world.names : world.durable;
    const left = new Map<string, Buffer | null>();
    for (const [name, inode] of [...kept].sort(([a], [b]) => (a < b ? -1 : 1))) {
      // A name in a folder that isn't there can't be found.
      const folder = dirname(name);
      if (folder !== '.' && !left.has(folder)) continue;
      if (inode === 'folder') left.set(name, null);
      else left.set(name, crash.content === 'all' ? inode.content : inode.synced);
    }
    return left;
  }
}

export async function buildFolder(
  root: string,
  files: ReadonlyMap<string, Buffer | null>,
): Promise<void> {
  await mkdir(root, { recursive: true });
  for (const [name, content] of files) {
    if (content === null) await mkdir(join(root, name));
    else await writeFile(join(root, name), content);
  }
}
