import { randomBytes } from 'node:crypto';
import type { Stats } from 'node:fs';
import { lstat, lutimes, mkdir, readlink, rename, rm, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ClientError } from '@valise/client';

/** What stands at a path, symlinks not followed; null for nothing. */
export async function look(path: string): Promise<Stats | null> {
  try {
    return await lstat(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

/**
 * Makes a folder unless it is there. A symlink to a folder is refused: whoever could plant one on
 * the server would otherwise choose where our files are written.
 */
export async function makeFolder(path: string): Promise<{ readonly made: boolean }> {
  const there = await look(path);
  if (there?.isDirectory()) return { made: false };
  if (there !== null) throw new ClientError('local-file', 'Something else than a folder is there.');
  await mkdir(path);
  return { made: true };
}

/** A place for a file must not be a folder; anything else is replaced whole. */
export async function expectNoFolder(path: string): Promise<void> {
  if ((await look(path))?.isDirectory()) {
    throw new ClientError('local-file', 'A folder is there; it is not replaced.');
  }
}

/** Puts a symlink in place in one step; its target is not looked at. */
export async function makeSymlink(
  path: string,
  target: string,
  modifiedAt: Date,
): Promise<{ readonly made: boolean }> {
  await expectNoFolder(path);
  if ((await look(path))?.isSymbolicLink() && (await readlink(path)) === target) {
    return { made: false };
  }
  const draft = join(dirname(path), `.valise-${randomBytes(8).toString('hex')}`);
  try {
    await symlink(target, draft);
    await lutimes(draft, modifiedAt, modifiedAt);
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  return { made: true };
}
