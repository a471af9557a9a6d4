import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

/** Any disk's sectors are divisors of it: bytes in memory must begin at a multiple. */
export const DIRECT_ALIGNMENT = 4_096;

/**
 * The largest page that a system has: what is written directly never shares one with what goes
 * through the page cache, or an old page could come to lie over new bytes.
 */
const BLOCK = 65_536;

/** A part of some bytes, by positions in them. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/**
 * What of `bytes`, bound for `offset` of a file, can go straight to the disk: whole blocks of the
 * file, if they are aligned in memory as there. Empty where there is nothing such.
 */
export function directSpan(offset: number, bytes: Uint8Array): Span {
  const isAligned = (bytes.byteOffset - offset) % DIRECT_ALIGNMENT === 0;
  const from = (BLOCK - (offset % BLOCK)) % BLOCK;
  const to = bytes.length - ((offset + bytes.length) % BLOCK);
  return isAligned && from < to ? { from, to } : { from: 0, to: 0 };
}

/**
 * The same file past the page cache: a large file's bytes are not copied once more, which takes
 * as much processor time as hashing them, and don't push out what others have cached. Null where
 * system or file system doesn't know such writing.
 */
export async function openDirect(path: string): Promise<FileHandle | null> {
  const { O_DIRECT, O_WRONLY } = constants;
  if (O_DIRECT === undefined) return null;
  try {
    return await open(path, O_WRONLY | O_DIRECT);
  } catch (error) {
    if (isUnsupported(error)) return null;
    throw error;
  }
}

/** Whether the disk refused a direct write for how it lies in memory or in the file. */
export function isUnsupported(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EINVAL';
}
