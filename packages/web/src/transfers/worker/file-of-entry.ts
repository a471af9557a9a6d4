import type { JournalEntry } from './upload-journal.ts';

/** Whether `file` is the one that the upload was begun with, as far as can be told from outside. */
export function isSame(entry: JournalEntry, file: File): boolean {
  const { name, size, lastModified } = entry;
  return file.name === name && file.size === size && file.lastModified === lastModified;
}

/** Whether the upload may go on with `file`: after a change, with whatever has its name now. */
export function mayContinue(entry: JournalEntry, file: File): boolean {
  return isSame(entry, file) || (entry.isChanged === true && entry.name === file.name);
}

/** The file, where the browser kept its handle and still trusts us with it. */
export async function fileBehind(entry: JournalEntry): Promise<File | null> {
  const { handle } = entry;
  if (handle === null) return null;
  try {
    const permission = await (handle as PermittedHandle).queryPermission({ mode: 'read' });
    if (permission !== 'granted') return null;
    const file = await handle.getFile();
    return isSame(entry, file) ? file : null;
  } catch {
    // Moved, removed, or on a disk that isn't there.
    return null;
  }
}

interface PermittedHandle extends FileSystemFileHandle {
  queryPermission(options: { readonly mode: 'read' }): Promise<PermissionState>;
}
