import { DatabaseSync } from 'node:sqlite';

export class FolderInUse extends Error {}

/**
 * Makes this process the folder's only owner, by an exclusive transaction on a database file: a
 * real lock of the operating system, gone with the process however it ends. Throws FolderInUse.
 */
export function lockFolder(path: string): { release(): void } {
  const db = new DatabaseSync(path, { timeout: 0 });
  try {
    db.exec('PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE');
  } catch (cause) {
    db.close();
    throw new FolderInUse('another process serves this folder', { cause });
  }
  return { release: () => db.close() };
}
