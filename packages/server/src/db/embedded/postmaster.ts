import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { hasProcessText, isAlive } from '../../run/process-status.ts';

/** The pid of the postmaster that runs on `dataFolder`; undefined when none does. */
export async function findPostmaster(dataFolder: string): Promise<number | undefined> {
  const pid = await readPid(dataFolder);
  if (pid === undefined || !isAlive(pid)) return undefined;
  return (await hasProcessText(pid, 'cmdline', dataFolder)) ? pid : undefined;
}

/**
 * Removes a pid file left over from a power cut when its pid is now another program's: PostgreSQL
 * would refuse to start for fear of a twin. A file whose pid is dead it clears away itself, and
 * surviving children of a dead postmaster it finds by their shared memory.
 */
export async function clearForeignPid(dataFolder: string): Promise<void> {
  const pid = await readPid(dataFolder);
  if (pid === undefined || !isAlive(pid)) return;
  if (await hasProcessText(pid, 'cmdline', dataFolder)) return;
  await rm(join(dataFolder, 'postmaster.pid'));
}

async function readPid(dataFolder: string): Promise<number | undefined> {
  const text = await readFile(join(dataFolder, 'postmaster.pid'), 'utf8').catch(() => '');
  const pid = Number.parseInt(text.split('\n', 1)[0] ?? '', 10);
  return pid > 0 ? pid : undefined;
}
