import { mkdir, open, rename, unlink } from 'node:fs/promises';
import { type DiskFile, syncFolder } from './file-io.ts';

/**
 * Every step that changes what a crash leaves behind goes through here, so that tests can stop,
 * fail or count each of them. Looking (readdir, stat) needs no such place.
 */
export interface Disk {
  open(path: string, flags: 'r' | 'r+' | 'wx' | 'w+', mode?: number): Promise<DiskFile>;
  /** Makes a folder readable by its owner alone; fine if it exists. Its parents must exist. */
  mkdir(path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  /** Makes the names in a folder durable. */
  syncFolder(path: string): Promise<void>;
}

export const realDisk: Disk = {
  open,
  rename,
  unlink,
  syncFolder,
  async mkdir(path) {
    await mkdir(path, { recursive: true, mode: 0o700 });
  },
};
