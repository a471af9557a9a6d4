import { type ChildProcess, spawn } from 'node:child_process';
import { hash } from 'node:crypto';
import { type BigIntStats, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type AgentStatus, askAgent } from './ask-agent.ts';
import { type CliResult, valise } from './cli.ts';
import { cleanEnvironment, REPOSITORY } from './server.ts';
import { until } from './until.ts';

const STABLE_WITHIN_MS = 60_000;
const VALISE = join(REPOSITORY, 'node_modules/.bin/valise');

export interface StartOptions {
  readonly by?: readonly string[];
  readonly options?: readonly string[];
}

/** A device that syncs a folder: a login of its own and the real program. */
export class SyncDevice {
  readonly name: string;
  readonly home: string;
  readonly folder: string;
  output = '';
  #agent: ChildProcess | null = null;

  constructor(root: string, name: string) {
    this.name = name;
    this.home = join(root, name, 'home');
    this.folder = join(root, name, 'Valise');
  }

  async login(url: string, account: { readonly email: string; readonly password: string }) {
    await mkdir(this.home, { recursive: true });
    await mkdir(this.folder, { recursive: true });
    const args = ['login', url, '--email', account.email, '--password-stdin'];
    const result = await valise(args, { home: this.home, input: account.password });
    if (result.code !== 0) throw new Error(result.stderr);
  }

  once(...options: readonly string[]): Promise<CliResult> {
    return this.run('sync', this.folder, '--once', ...options);
  }

  run(...args: readonly string[]): Promise<CliResult> {
    return valise(args, { home: this.home });
  }

  /** The agent in the background, until `stop` or `kill`; `by`: a program that turns into it. */
  start({ by = [], options = [] }: StartOptions = {}): void {
    const [program = '', ...args] = [...by, VALISE, 'sync', this.folder, ...options];
    const agent = spawn(program, args, {
      env: { ...cleanEnvironment(), VALISE_HOME: this.home },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [agent.stdout, agent.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
      });
    }
    this.#agent = agent;
  }

  get pid(): number | undefined {
    return this.#agent?.pid;
  }

  kill(): Promise<number | null> {
    return this.#end('SIGKILL');
  }

  stop(): Promise<number | null> {
    return this.#end('SIGINT');
  }

  /** How the agent ends by itself. */
  async ended(): Promise<number | null> {
    const agent = this.#agent;
    if (agent === null || agent.exitCode !== null) return agent?.exitCode ?? null;
    return new Promise((done) => agent.once('exit', done));
  }

  /** Null while no agent runs. */
  status(): Promise<AgentStatus | null> {
    return askAgent(this.home);
  }

  /** It has nothing left to do. */
  async isIdle(): Promise<boolean> {
    return (await this.status())?.state === 'idle';
  }

  /** The agent answers to `status`. */
  async untilListening(): Promise<void> {
    await until(async () => (await this.status()) !== null);
  }

  outline(): Map<string, string> {
    return outlineOf(this.folder);
  }

  async #end(signal: NodeJS.Signals): Promise<number | null> {
    const ended = this.ended();
    this.#agent?.kill(signal);
    const code = await ended;
    this.#agent = null;
    return code;
  }
}

/** Longer contents are told by their hash. */
const SHOWN_WHOLE = 65_536;

/** Every path below as the server spells it, without the agent's own folder, and what is there. */
export function outlineOf(folder: string): Map<string, string> {
  const found = new Map<string, string>();
  const visit = (path: string) => {
    for (const name of readdirSync(join(folder, path)).sort()) {
      if (path === '' && name === '.valise') continue;
      const at = path === '' ? name : `${path}/${name}`;
      const stats = lstatSync(join(folder, at), { bigint: true });
      const spelt = at.normalize('NFC');
      if (stats.isSymbolicLink()) found.set(spelt, `-> ${readlinkSync(join(folder, at))}`);
      else if (stats.isDirectory()) {
        found.set(spelt, 'folder');
        visit(at);
      } else {
        const mode = (stats.mode & 0o100n) === 0n ? '' : ' x';
        // As `mtimeMs` has it: with a fraction.
        const time = Math.round(Number(stats.mtimeNs) / 1e6);
        found.set(spelt, `${time}${mode} ${contentAt(join(folder, at), stats)}`);
      }
    }
  };
  visit(folder === '' ? '.' : '');
  return found;
}

/** What was read once and has not been touched since: whoever waits looks at everything again and again. */
const contents = new Map<string, string>();
/** Two writes within one tick of the kernel's clock look alike. */
const TICK_NS = 50_000_000n;

function contentAt(path: string, { ino, ctimeNs, mtimeNs, size }: BigIntStats): string {
  const key = `${ino} ${ctimeNs} ${mtimeNs} ${size}`;
  const known = contents.get(key);
  if (known !== undefined) return known;
  const isSettled = BigInt(Date.now()) * 1_000_000n - ctimeNs > TICK_NS;
  const bytes = readFileSync(path);
  const isShort = bytes.length <= SHOWN_WHOLE;
  const content = isShort ? bytes.toString('base64') : hash('sha256', bytes);
  if (isSettled) contents.set(key, content);
  return content;
}

/** Waits until all agents are at rest and all folders are the same. */
export async function untilStable(devices: readonly SyncDevice[]): Promise<void> {
  const deadline = Date.now() + STABLE_WITHIN_MS;
  for (;;) {
    if (await isStable(devices)) return;
    if (Date.now() > deadline) throw new Error(`No agreement:\n${await describe(devices)}`);
    await new Promise((done) => setTimeout(done, 100));
  }
}

async function isStable(devices: readonly SyncDevice[]): Promise<boolean> {
  return (await areIdle(devices)) && isSame(devices) && (await areIdle(devices)) && isSame(devices);
}

async function areIdle(devices: readonly SyncDevice[]): Promise<boolean> {
  const states = await Promise.all(devices.map((device) => device.status()));
  return states.every((status) => status?.state === 'idle');
}

function isSame(devices: readonly SyncDevice[]): boolean {
  try {
    const [first, ...others] = devices.map((device) => JSON.stringify([...device.outline()]));
    return others.every((other) => other === first);
  } catch {
    // A file went while it was being looked at.
    return false;
  }
}

async function describe(devices: readonly SyncDevice[]): Promise<string> {
  const texts = devices.map(async (device) => {
    const outline = [...device.outline()].map(([path, what]) => `${path}: ${what}`);
    const status = JSON.stringify(await device.status());
    return [`${device.name}: ${status}`, ...outline, device.output].join('\n');
  });
  return (await Promise.all(texts)).join('\n');
}
