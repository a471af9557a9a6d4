import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 20;

/** A signal could be sent to it. A zombie counts as alive: ask for what it runs, too. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, under another user.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/**
 * Whether `text` is among a process's arguments (`cmdline`) or its variables (`environ`): a pid
 * kept in a file may be another program's by now. Only Linux can tell; elsewhere: yes.
 */
export async function hasProcessText(
  pid: number,
  where: 'cmdline' | 'environ',
  text: string,
): Promise<boolean> {
  if (process.platform !== 'linux') return true;
  const found = await readFile(`/proc/${pid}/${where}`, 'utf8').catch(() => '');
  return found.split('\0').includes(text);
}

/** Polls until `isGone`; answers whether that came about in time. */
export async function untilGone(
  isGone: () => Promise<boolean>,
  timeoutMs: number,
): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  while (!(await isGone())) {
    if (Date.now() > deadline) return false;
    await sleep(POLL_MS);
  }
  return true;
}
