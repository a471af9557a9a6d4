import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CURSOR_FILE, readCursor } from './events/event-cursor.ts';
import type { Settings } from './settings/settings.ts';
import { claimFolder } from './settings/store-folder.ts';
import { checkFolder } from './storage/check.ts';
import { openStorage } from './storage/storage.ts';

/** Faults were found (and, with --repair, what could be kept was kept). */
export const EXIT_FAULTS = 4;

type Print = (line: object) => void;

/** `check [--repair]`: prints each fault and a summary; answers the exit code. */
export async function runCheck(
  { folder }: Settings,
  options: { repair: boolean; print: Print },
): Promise<number> {
  requireStore(folder);
  const lock = await claimFolder(folder);
  try {
    const { faults, ...counts } = await checkFolder(folder, options);
    for (const fault of faults) options.print({ type: 'fault', ...fault });
    const repaired = options.repair && faults.length > 0;
    options.print({ type: 'checked', ...counts, faults: faults.length, repaired });
    return faults.length === 0 ? 0 : EXIT_FAULTS;
  } finally {
    lock.release();
  }
}

/**
 * `compact`: rewrites the journal of a store that doesn't run; one that does does it itself. What
 * the event hook hasn't been told yet stays.
 */
export async function runCompact({ folder }: Settings, print: Print): Promise<number> {
  requireStore(folder);
  const lock = await claimFolder(folder);
  try {
    const onBroken = (error: unknown): never => {
      throw error;
    };
    const storage = await openStorage(folder, { onBroken });
    try {
      const told = await readCursor(join(folder, CURSOR_FILE));
      const sizes = await storage.compact({ keepFrom: told?.segment });
      print({ type: 'compacted', ...sizes, retired: storage.journal.retiredSize });
    } finally {
      await storage.close();
    }
    return 0;
  } finally {
    lock.release();
  }
}

/** Serving makes a store where there is none; looking after one doesn't. */
function requireStore(folder: string): void {
  if (!existsSync(folder)) throw new Error(`${folder} does not exist; set VALISE_DATA`);
}
