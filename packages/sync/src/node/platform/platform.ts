import type { BigIntStats } from 'node:fs';
import type { FolderWatcher, OnHint } from '../watching/folder-watcher.ts';

/**
 * What differs by system in the agent's way to its disk. What differs by disk (a FAT stick behaves
 * alike everywhere) is found out by `probeDisk`.
 */
export interface Platform {
  /** Whether a file can have an executable bit at all. */
  readonly hasModes: boolean;
  /** Whether every disk refuses what `windowsNameFault` finds. */
  readonly hasWindowsNames: boolean;
  /** Flags to open a file with whose times and mode are to be set. */
  readonly openForMeta: number;
  /**
   * A file that was open while another one was put into its place can still be read. Where it
   * can't, nothing can be put into the place of a file that is open.
   */
  readonly keepsOpenFiles: boolean;
  /** The file's number, so that a number that is used again is another one. */
  inodeOf(stats: BigIntStats): string;
  /** Whether a file's number is the same after the disk was unmounted, if the disk has hard links. */
  keepsInodes(root: string): boolean;
  /** Makes the names in a folder durable, as far as the system can be asked to. */
  syncFolder(path: string): Promise<void>;
  makeSymlink(target: string, path: string): Promise<void>;
  /** With `/` between names. */
  readSymlink(path: string): string;
  /** Whether a write failed because a program has the file open: then it may go well soon. */
  isBusy(error: unknown): boolean;
  /** What to do about a failed call; null for what any system says alike. */
  adviceOn(call: string, code: string): string | null;
  /** Why some folders aren't watched, and what to do about it. */
  readonly unwatched: string;
  watch(root: string, onHint: OnHint): FolderWatcher;
}
