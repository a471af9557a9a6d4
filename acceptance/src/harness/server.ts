import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { storeVariables } from './store.ts';

export const REPOSITORY = resolve(import.meta.dirname, '../../..');

/** As `npm start` has them: without, garbage takes more than 200 MB under load. */
const NODE_OPTIONS = ['--max-semi-space-size=8', '--heap-growing-percent=50'];

/** Variables that would leak this machine's own settings into a server under test. */
const OURS = /^(VALISE_|S3_|CDN|DATABASE_URL|REDIS_URL)/;

/** Characters of a log that a failure shows. */
const LOG_SHOWN = 4_000;

export function cleanEnvironment(): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (value !== undefined && !OURS.test(name)) kept[name] = value;
  }
  return kept;
}

/**
 * Below those that the system hands out by itself, so that nobody takes one before its server does,
 * or while that restarts. Test files that run at once have different stretches: their process ids
 * lie close together.
 */
const FIRST_PORT = 20_000;
const STRETCH = 100;
const STRETCHES = 120;
let portsGiven = 0;

export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) {
    const port = FIRST_PORT + (process.pid % STRETCHES) * STRETCH + (portsGiven % STRETCH);
    portsGiven++;
    if (await isFree(port)) ports.push(port);
  }
  return ports;
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((done) => {
    server.once('error', () => done(false));
    server.listen(port, '127.0.0.1', () => server.close(() => done(true)));
  });
}

/** Sets the wall clock of a server process, not that of its embedded parts. */
export function shiftedClock(milliseconds: number): Record<string, string> {
  const module = join(REPOSITORY, 'acceptance/src/harness/shifted-clock.mjs');
  return { NODE_OPTIONS: `--import=${module}`, VALISE_TEST_SHIFT_MS: String(milliseconds) };
}

export interface ServerOptions {
  readonly data?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A real server process, as `npm start` runs it, on its own ports and data folder. */
export class TestServer {
  readonly process: ChildProcess;
  readonly url: string;
  readonly ops: string;
  readonly data: string;
  readonly env: Readonly<Record<string, string>>;
  /** Everything the process printed, for assertions on logs and for failures. */
  output = '';
  readonly exited: Promise<number | null>;

  private constructor(data: string, env: Record<string, string>) {
    this.data = data;
    this.env = env;
    this.url = `http://127.0.0.1:${env.VALISE_PORT}`;
    this.ops = `http://127.0.0.1:${env.VALISE_OPS_PORT}`;
    this.process = spawn(process.execPath, [...NODE_OPTIONS, 'packages/server/src/main.ts'], {
      cwd: REPOSITORY,
      env: { ...cleanEnvironment(), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
      });
    }
    this.exited = new Promise((done) => this.process.on('exit', (code) => done(code)));
  }

  static async start(options: ServerOptions = {}): Promise<TestServer> {
    const data = options.data ?? (await mkdtemp(join(tmpdir(), 'valise-acceptance-')));
    const [port, objects, ops] = await freePorts(3);
    const server = new TestServer(data, {
      VALISE_DATA: data,
      VALISE_PORT: String(port),
      VALISE_OBJECTS_PORT: String(objects),
      VALISE_OPS_PORT: String(ops),
      VALISE_ADDRESS_LIMIT: '100000',
      ...storeVariables(data),
      ...options.env,
    });
    await server.untilReady();
    return server;
  }

  /** Starts a process that may fail: the caller looks at `exited` and `output`. */
  static launch(data: string, env: Record<string, string>): TestServer {
    return new TestServer(data, { VALISE_DATA: data, ...env });
  }

  async untilReady(): Promise<void> {
    const deadline = Date.now() + 60_000;
    let gone = false;
    void this.exited.then(() => {
      gone = true;
    });
    while (Date.now() < deadline && !gone) {
      const ready = await fetch(`${this.ops}/readyz`).then(
        (answer) => answer.ok,
        () => false,
      );
      if (ready) return;
      await new Promise((done) => setTimeout(done, 50));
    }
    throw new Error(`The server did not become ready:\n${this.output.slice(-LOG_SHOWN)}`);
  }

  /** Asks the process to stop and waits for it. */
  async stop(): Promise<number | null> {
    this.process.kill('SIGTERM');
    return await this.exited;
  }

  /** Power loss for the API process alone. */
  async kill(): Promise<void> {
    this.process.kill('SIGKILL');
    await this.exited;
  }

  /** The same server again, on the same ports and data. */
  async restart(env: Readonly<Record<string, string>> = {}): Promise<TestServer> {
    const again = new TestServer(this.data, { ...this.env, ...env });
    await again.untilReady();
    return again;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await rm(this.data, { recursive: true, force: true });
  }
}
