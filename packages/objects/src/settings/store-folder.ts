import { mkdir, open, readdir, readFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { syncFolder } from '../storage/file-io.ts';
import { lockFolder } from '../storage/folder-lock.ts';

const MARKER = 'store.json';
const LOCK = 'lock.db';
/** 2: a journal that can be compacted. What is of format 1 stays readable and becomes one of 2. */
const FORMAT = 2;

export class ForeignFolder extends Error {}

/**
 * Makes the folder ours, or finds that it is: it must be empty, or marked and of a format that we
 * know. Throws ForeignFolder, or FolderInUse when another process has it.
 */
export async function claimFolder(folder: string): Promise<{ release(): void }> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const names = await readdir(folder);
  // Two first starts at once: only the lock file is there yet.
  const marked = names.includes(MARKER);
  const foreign = names.filter((name) => !name.startsWith(LOCK) && name !== `${MARKER}.new`);
  if (!marked && foreign.length > 0) {
    throw new ForeignFolder(`${folder} is not empty and was not made by this store`);
  }
  const lock = lockFolder(join(folder, LOCK));
  try {
    const isCurrent = marked && (await readFormat(folder)) === FORMAT;
    const marker = `${JSON.stringify({ format: FORMAT })}\n`;
    if (!isCurrent) await writeDurably(join(folder, MARKER), marker);
  } catch (error) {
    lock.release();
    throw error;
  }
  return lock;
}

async function readFormat(folder: string): Promise<number> {
  const text = await readFile(join(folder, MARKER), 'utf8');
  const format = Number(/^\{"format":(\d+)\}\s*$/.exec(text)?.[1]);
  if (format >= 1 && format <= FORMAT) return format;
  throw new ForeignFolder(`${folder} holds a store of a format that this version doesn't know`);
}

/** Replaces a small file as a whole, readable by its owner alone. */
export async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(`${path}.new`, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
  await syncFolder(dirname(path));
}
