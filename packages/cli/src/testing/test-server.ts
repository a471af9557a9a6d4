import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const REPOSITORY = fileURLToPath(new URL('../../../../', import.meta.url));
const START_WITHIN_MS = 60_000;

export interface TestServer {
  readonly url: string;
  readonly data: string;
  close(): Promise<void>;
}

/** A whole server with its database and store, on free ports and a folder of its own. */
export async function startTestServer(env: NodeJS.ProcessEnv): Promise<TestServer> {
  const data = await mkdtemp(join(tmpdir(), 'valise-cli-server-'));
  const [port, objects, ops] = await freePorts(3);
  const child = spawn(process.execPath, ['packages/server/src/main.ts'], {
    cwd: REPOSITORY,
    env: {
      ...env,
      VALISE_DATA: data,
      VALISE_PORT: `${port}`,
      VALISE_OBJECTS_PORT: `${objects}`,
      VALISE_OPS_PORT: `${ops}`,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  if (!(await isReady(child, `http://127.0.0.1:${ops}/readyz`))) {
    child.kill('SIGTERM');
    throw new Error(`The server did not start:\n${log}`);
  }
  return {
    url: `http://127.0.0.1:${port}`,
    data,
    async close() {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
      await rm(data, { recursive: true, force: true });
    },
  };
}

async function isReady(child: ChildProcess, url: string): Promise<boolean> {
  const until = Date.now() + START_WITHIN_MS;
  while (child.exitCode === null && Date.now() < until) {
    const answer = await fetch(url).catch(() => null);
    if (answer?.ok) return true;
    await sleep(50);
  }
  return false;
}

/**
 * Below those that the system hands out by itself, so that nobody takes one before the server does.
 * Test files that run at once have different stretches: their process ids lie close together.
 */
const FIRST_PORT = 20_000;
const STRETCH = 100;
const STRETCHES = 120;
let portsGiven = 0;

async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) {
    const port = FIRST_PORT + (process.pid % STRETCHES) * STRETCH + (portsGiven % STRETCH);
    portsGiven++;
    if (await isFree(port)) ports.push(port);
  }
  return ports;
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    await once(server.listen(port, '127.0.0.1'), 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
