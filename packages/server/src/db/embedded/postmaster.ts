import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 20;

/** The pid of the postmaster that runs on `dataFolder`; undefined when none does. */
export async function findPostmaster(dataFolder: string): Promise<number | undefined> {
  const pid = await readPid(dataFolder);
  if (pid === undefined || !isAlive(pid)) return undefined;
  return (await runsOn(pid, dataFolder)) ? pid : undefined;
}

/**
 * Removes a pid file left over from a power cut when its pid is now another program's: PostgreSQL
 * would refuse to start for fear of a twin. A file whose pid is dead it clears away itself, and
 * surviving children of a dead postmaster it finds by their shared memory.
 */
export async function clearForeignPid(dataFolder: string): Promise<void> {
  const pid = await readPid(dataFolder);
  if (pid === undefined || !isAlive(pid) || (await runsOn(pid, dataFolder))) return;
  await rm(join(dataFolder, 'postmaster.pid'));
}

async function readPid(dataFolder: string): Promise<number | undefined> {
  const text = await readFile(join(dataFolder, 'postmaster.pid'), 'utf8').catch(() => '');
  const pid = Number.parseInt(text.split('\n', 1)[0] ?? '', 10);
  return pid > 0 ? pid : undefined;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, under another user.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** Linux can tell what a pid is; elsewhere the pid file is believed. */
async function runsOn(pid: number, dataFolder: string): Promise<boolean> {
  if (process.platform !== 'linux') return true;
  const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return commandLine.split('\0').includes(dataFolder);
}

/** Waits for a postmaster to end; answers whether it did in time. */
export async function untilEnded(dataFolder: string, timeoutMs: number): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  while ((await findPostmaster(dataFolder)) !== undefined) {
    if (Date.now() > deadline) return false;
    await sleep(POLL_MS);
  }
  return true;
}
