import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** In the order of starting; they are ended in the other one. */
export const DAEMONS = ['mon', 'osd', 'rgw'] as const;
export type Daemon = (typeof DAEMONS)[number];

const POLL_MS = 50;
/** A daemon that is asked to end flushes first. */
const END_MS = 15_000;

export function configurationPath(folder: string): string {
  return join(folder, 'ceph.conf');
}

/** Starts a daemon that outlives us; its output goes to `log/<name>.out`. */
export async function startDaemon(
  folder: string,
  name: Daemon,
  [program, ...args]: readonly [string, ...string[]],
): Promise<void> {
  const output = await open(join(folder, 'log', `${name}.out`), 'a');
  try {
    const child = spawn(program, ['-f', '-c', configurationPath(folder), ...args], {
      detached: true,
      stdio: ['ignore', output.fd, output.fd],
    });
    await once(child, 'spawn');
    child.unref();
    await writeFile(pidPath(folder, name), `${child.pid}\n`);
  } finally {
    await output.close();
  }
}

/** The daemon's process id, if that process really runs on this folder's configuration. */
export async function daemonPid(folder: string, name: Daemon): Promise<number | undefined> {
  const pid = Number.parseInt(await readFile(pidPath(folder, name), 'utf8').catch(() => ''), 10);
  if (!(pid > 0)) return undefined;
  // A zombie's is empty: it has ended.
  const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return commandLine.split('\0').includes(configurationPath(folder)) ? pid : undefined;
}

/** Ends one daemon and no other process, whoever may have its number by now. */
export async function endDaemon(folder: string, name: Daemon): Promise<void> {
  const deadline = Date.now() + END_MS;
  for (let isAsked = false; ; await sleep(POLL_MS)) {
    const pid = await daemonPid(folder, name);
    if (pid === undefined) break;
    if (!isAsked) process.kill(pid, 'SIGTERM');
    else if (Date.now() > deadline) process.kill(pid, 'SIGKILL');
    isAsked = true;
  }
  await rm(pidPath(folder, name), { force: true });
}

function pidPath(folder: string, name: Daemon): string {
  return join(folder, 'run', `${name}.pid`);
}

/** Looks until `isSo`, or throws with the end of the daemon's log. */
export async function untilSo(
  isSo: () => Promise<boolean>,
  { folder, name, milliseconds }: { folder: string; name: Daemon; milliseconds: number },
): Promise<void> {
  const deadline = Date.now() + milliseconds;
  while (!(await isSo())) {
    const isGone = (await daemonPid(folder, name)) === undefined;
    if (isGone || Date.now() > deadline) {
      const log = await readFile(join(folder, 'log', `${name}.out`), 'utf8').catch(() => '');
      const what = isGone ? 'ended' : 'did not answer';
      throw new Error(`Ceph's ${name} ${what} while starting:\n${log.slice(-2_000)}`);
    }
    await sleep(POLL_MS);
  }
}
