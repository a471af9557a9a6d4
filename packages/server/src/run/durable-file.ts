import { randomUUID } from 'node:crypto';
import { link, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Puts `content` at `path` so that a crash at any moment leaves the old file or the whole new one:
 * temporary file, fsync, rename, fsync of the folder. Readable by its owner alone (0600).
 */
export async function writeFileDurably(path: string, content: string): Promise<void> {
  await throughTemporary(path, content, (temporary) => rename(temporary, path));
}

/** The same where nothing is yet; answers false, and writes nothing, when another was first. */
export async function createFileDurably(path: string, content: string): Promise<boolean> {
  return throughTemporary(path, content, async (temporary) => {
    try {
      await link(temporary, path);
      return true;
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
      throw error;
    }
  });
}

async function throughTemporary<T>(
  path: string,
  content: string,
  place: (temporary: string) => Promise<T>,
): Promise<T> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    const result = await place(temporary);
    await syncFolder(dirname(path));
    return result;
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Makes a rename within the folder last. Windows cannot open folders and need not. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
