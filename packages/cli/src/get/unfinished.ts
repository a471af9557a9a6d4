import { createHash } from 'node:crypto';
import { access, mkdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

/**
 * `get FOLDER DEST` makes DEST when it is missing; done again, it would put the folder *into*
 * DEST, by the rules of `cp -r`. So what was begun is noted, and while it is unfinished the same
 * command means the same place.
 */
export interface UnfinishedCopies {
  has(fileId: string, dest: string): Promise<boolean>;
  begin(fileId: string, dest: string): Promise<void>;
  end(fileId: string, dest: string): Promise<void>;
}

/** One small file per unfinished copy in `folder`. */
export function createUnfinishedCopies(folder: string): UnfinishedCopies {
  const noteOn = (fileId: string, dest: string) => {
    const key = createHash('sha256')
      .update(`${fileId} ${resolve(dest)}`)
      .digest('hex');
    return join(folder, key.slice(0, 32));
  };
  return {
    async has(fileId, dest) {
      try {
        await access(noteOn(fileId, dest));
        return true;
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
        throw error;
      }
    },
    async begin(fileId, dest) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await writeFile(noteOn(fileId, dest), `${resolve(dest)}\n`, { mode: 0o600 });
    },
    end: (fileId, dest) => rm(noteOn(fileId, dest), { force: true }),
  };
}
