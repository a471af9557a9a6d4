import { lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isPartialName } from '@valise/client-node';

/** So long an interrupted download is gone on with. */
const KEEP_PARTIAL_MS = 7 * 86_400_000;

/**
 * Deletes what an earlier process received: whole files that it never put into place, which are
 * fetched anew, and parts of some that nobody has gone on with for long.
 */
export async function pruneReceived(received: string, now: number): Promise<void> {
  for (const name of await readdir(received)) {
    const path = join(received, name);
    if (isPartialName(name)) {
      // Not its mtime, which may be that of the file it is to become.
      const { ctimeMs } = await lstat(path);
      if (now - ctimeMs < KEEP_PARTIAL_MS) continue;
    }
    await rm(path, { recursive: true, force: true });
  }
}
