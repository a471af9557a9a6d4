import { readFile } from 'node:fs/promises';
import type { JournalPosition } from '../storage/journal.ts';

/** In the store's folder. */
export const CURSOR_FILE = 'events.json';

/** Up to where the event hook was told; null if it never was told anything. */
export async function readCursor(path: string): Promise<JournalPosition | null> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (text === null) return null;
  const { segment, offset } = JSON.parse(text) as JournalPosition;
  return { segment, offset };
}
