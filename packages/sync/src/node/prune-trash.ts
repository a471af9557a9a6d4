import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

const KEEP_TRASH_DAYS = 30;
const DAY_MS = 86_400_000;

/** Deletes what has lain in the trash's folders, one a day, for so long that nobody misses it. */
export async function pruneTrash(trash: string, now: number): Promise<void> {
  for (const day of await readdir(trash)) {
    const time = Date.parse(day);
    if (Number.isNaN(time) || now - time < KEEP_TRASH_DAYS * DAY_MS) continue;
    await rm(join(trash, day), { recursive: true, force: true });
  }
}
