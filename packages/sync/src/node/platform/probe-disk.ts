import { chmodSync, closeSync, linkSync, openSync, rmSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { OWN_FOLDER } from '../../scan/scan-folders.ts';
import { isNodeError } from '../disk-errors.ts';
import { markerPath } from '../root-marker.ts';
import type { Platform } from './platform.ts';

/** What differs from disk to disk, whatever the system. */
export interface DiskTraits {
  /** With them a file can be put into a place without ever replacing what is there. */
  readonly hasLinks: boolean;
  /** A file's number stays its own, so that a file is known wherever it was moved. */
  readonly keepsInodes: boolean;
  readonly hasModes: boolean;
  /**
   * Milliseconds in which two writes may show the same time; 0 where each shows. Where times are
   * coarse the time of change is none of its own either (FAT has no such), or as coarse.
   */
  readonly timeStep: number;
  readonly hasWindowsNames: boolean;
}

/** A time that shows by how much the disk rounds down. */
const ODD_TIME_MS = 1_600_000_001_251;
/** FAT's second, HFS+'s, some network drives', exFAT's, from the coarsest. */
const STEPS = [2_000, 1_000, 100, 10] as const;
/** What a disk without hard links says to one. */
const NO_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'];
/** What one says that can't be asked now: it is taken for an ordinary one then. */
const NOT_NOW = ['ENOSPC', 'EDQUOT', 'EROFS'];

/**
 * Finds out by trying, on the root's marker, which needs no space: a full disk must be synced, too.
 */
export function probeDisk(root: string, platform: Platform): DiskTraits {
  const folder = join(root, OWN_FOLDER);
  const marker = markerPath(root);
  const hasLinks = canLink(marker, join(folder, 'probe'));
  return {
    hasLinks,
    keepsInodes: hasLinks && platform.keepsInodes(folder),
    hasModes: platform.hasModes && (!isOurs(marker) || keepsModes(marker)),
    timeStep: isOurs(marker) ? timeStep(marker) : 0,
    hasWindowsNames: platform.hasWindowsNames || !canName(join(folder, 'probe?')),
  };
}

/** A disk without hard links was asked for one. */
export function isNoLink(error: unknown): boolean {
  return isOneOf(NO_LINKS, error);
}

/** Others' files keep their modes and times from us, which says nothing of the disk. */
function isOurs(path: string): boolean {
  const user = process.geteuid?.();
  return user === undefined || user === 0 || statSync(path).uid === user;
}

function canLink(path: string, link: string): boolean {
  rmSync(link, { force: true });
  try {
    linkSync(path, link);
    rmSync(link);
    return true;
  } catch (error) {
    if (isNoLink(error)) return false;
    if (isOneOf(NOT_NOW, error)) return true;
    throw error;
  }
}

function keepsModes(path: string): boolean {
  const { mode } = statSync(path);
  try {
    chmodSync(path, mode ^ 0o100);
    const isKept = statSync(path).mode !== mode;
    chmodSync(path, mode);
    return isKept;
  } catch (error) {
    return isOneOf(NOT_NOW, error);
  }
}

function timeStep(path: string): number {
  const before = statSync(path);
  try {
    utimesSync(path, before.atime, ODD_TIME_MS / 1_000);
    const shown = Math.round(statSync(path).mtimeMs);
    utimesSync(path, before.atime, before.mtime);
    return STEPS.findLast((step) => Math.floor(ODD_TIME_MS / step) * step === shown) ?? 0;
  } catch (error) {
    if (isOneOf(NOT_NOW, error)) return 0;
    throw error;
  }
}

function canName(path: string): boolean {
  try {
    closeSync(openSync(path, 'w'));
    rmSync(path);
    return true;
  } catch (error) {
    if (isOneOf(NOT_NOW, error)) return true;
    if (error instanceof Error && 'code' in error) return false;
    throw error;
  }
}

function isOneOf(codes: readonly string[], error: unknown): boolean {
  return codes.some((code) => isNodeError(error, code));
}
