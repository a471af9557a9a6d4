import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const REPOSITORY = fileURLToPath(new URL('../../../', import.meta.url));

export interface TestServer {
  readonly url: string;
  /** A folder for the test's own files, removed with the server. */
  readonly folder: string;
  close(): Promise<void>;
}

/** The real server with its database and its store, on free ports. */
export async function startTestServer(): Promise<TestServer> {
  const folder = await mkdtemp(join(tmpdir(), 'valise-client-'));
  const [port, objects, ops] = [await freePort(), await freePort(), await freePort()];
  const child = spawn(process.execPath, ['packages/server/src/main.ts'], {
    cwd: REPOSITORY,
    env: {
      PATH: process.env.PATH,
      VALISE_DATA: join(folder, 'data'),
      VALISE_PORT: `${port}`,
      VALISE_OBJECTS_PORT: `${objects}`,
      VALISE_OPS_PORT: `${ops}`,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  if (!(await started(child))) throw new Error(`The server did not start:\n${log}`);
  return {
    url: `http://127.0.0.1:${port}`,
    folder,
    async close() {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** It says so in one line when it takes requests. */
async function started(child: ChildProcess): Promise<boolean> {
  const exited = once(child, 'exit').then(() => false);
  const { stdout } = child;
  if (stdout === null) return false;
  return Promise.race([once(stdout, 'data').then(() => true), exited]);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
