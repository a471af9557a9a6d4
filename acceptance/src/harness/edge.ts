import { spawn, spawnSync } from 'node:child_process';
import { cleanEnvironment, REPOSITORY } from './server.ts';
import { storeVariables } from './store.ts';

const PATIENCE_MS = 20_000;

export interface RunningEdge extends AsyncDisposable {
  /** nginx runs below it. */
  readonly pid: number;
}

/** `npm run edge`, on the data folder of a server. */
export async function startEdge(
  data: string,
  { url, env }: { readonly url: string; readonly env: Readonly<Record<string, string>> },
): Promise<RunningEdge> {
  const child = spawn(process.execPath, ['packages/edge/src/main.ts'], {
    cwd: REPOSITORY,
    env: {
      ...cleanEnvironment(),
      VALISE_DATA: data,
      // Where nginx's workers may go, whoever starts it.
      VALISE_EDGE_CACHE: `${data}-edge-cache`,
      ...storeVariables(data),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const exited = new Promise((done) => child.once('exit', done));
  const deadline = Date.now() + PATIENCE_MS;
  while (!(await isUp(`${url}/healthz`))) {
    if (child.exitCode !== null || Date.now() > deadline) {
      child.kill();
      throw new Error(`The edge does not serve ${url}:\n${output}`);
    }
    await new Promise((done) => setTimeout(done, 50));
  }
  return {
    pid: child.pid ?? 0,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}

async function isUp(url: string): Promise<boolean> {
  return await fetch(url).then(
    (answer) => answer.ok,
    () => false,
  );
}

/** A reason to skip tests of the edge, or false. Continuous integration has nginx. */
export const skipWithoutNginx: string | false =
  process.env.CI === undefined && spawnSync('nginx', ['-v']).error !== undefined
    ? 'there is no nginx here'
    : false;
