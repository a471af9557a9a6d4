import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmod, chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findFreePort } from '../run/free-port.ts';

/** A reason to leave tests out, or false. Continuous integration has to have what they need. */
export const withoutNginx: string | false =
  process.env.CI === undefined && spawnSync('nginx', ['-v']).status !== 0
    ? 'there is no nginx here: apt-get install nginx-light libnginx-mod-http-js'
    : false;

export interface TestProcess {
  readonly child: ChildProcess;
  stop(): Promise<void>;
}

const PATIENCE_MS = 15_000;

/** Resolves once `url` answers anything; throws with what the process said when it ended before. */
export async function startUntil(
  command: readonly [string, ...string[]],
  { env, url }: { readonly env: Readonly<Record<string, string>>; readonly url: string },
): Promise<TestProcess> {
  const [program, ...args] = command;
  const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: 'pipe' });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  }
  let isOver = false;
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => {
      isOver = true;
      resolve();
    });
  });
  const deadline = Date.now() + PATIENCE_MS;
  while (!(await answers(url))) {
    if (isOver || Date.now() > deadline)
      throw new Error(`${command.join(' ')} does not serve ${url}: ${said}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return {
    child,
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

async function answers(url: string): Promise<boolean> {
  try {
    await fetch(url);
    return true;
  } catch {
    return false;
  }
}

export interface NginxPlace {
  /** Below the system's folder for temporary files, so that nginx's workers may get there. */
  readonly folder: string;
  readonly port: number;
  remove(): Promise<void>;
}

export async function nginxPlace(): Promise<NginxPlace> {
  const folder = await mkdtemp(join(tmpdir(), 'valise-nginx-'));
  await chmod(folder, 0o711);
  if (process.getuid?.() === 0) await chown(folder, 0, 0);
  return {
    folder,
    port: await findFreePort('127.0.0.1'),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
