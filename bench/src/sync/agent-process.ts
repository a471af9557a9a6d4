import { type ChildProcess, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type AgentStatus, askAgent } from '@valise/acceptance/harness/ask-agent';
import { REPOSITORY } from '@valise/acceptance/harness/server';
import { cpuTimes } from '../measure/cpu-time.ts';
import { waitUntil } from './wait-until.ts';

const VALISE = join(REPOSITORY, 'node_modules/.bin/valise');
/** Asking costs the agent something, too. */
const ASK_EVERY_MS = 20;

/** `valise sync FOLDER` in the background, and what it takes. */
export class AgentProcess {
  readonly folder: string;
  readonly #home: string;
  readonly #process: ChildProcess;
  readonly #exited: Promise<unknown>;
  #output = '';

  constructor(home: string, folder: string) {
    this.#home = home;
    this.folder = folder;
    this.#process = spawn(VALISE, ['sync', folder], {
      env: { ...process.env, VALISE_HOME: home },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.setEncoding('utf8').on('data', (piece: string) => {
        this.#output = (this.#output + piece).slice(-4_000);
      });
    }
    this.#exited = new Promise((done) => this.#process.once('exit', done));
  }

  get #pid(): number {
    return this.#process.pid ?? 0;
  }

  /** Null while nobody listens. */
  status(): Promise<AgentStatus | null> {
    return askAgent(this.#home);
  }

  /** At rest with so many files. */
  async untilInStep(files: number): Promise<AgentStatus> {
    let status: AgentStatus | null = null;
    await waitUntil(
      `${this.folder} in step`,
      async () => {
        if (this.#process.exitCode !== null) throw new Error(`The agent ended:\n${this.#output}`);
        status = await this.status();
        return status?.state === 'idle' && status.pending === 0 && status.files === files;
      },
      ASK_EVERY_MS,
    );
    return status as unknown as AgentStatus;
  }

  /** Milliseconds of processor time so far. */
  async cpu(): Promise<number> {
    const times = await cpuTimes(this.#pid);
    return [...times.values()].reduce((sum, one) => sum + one, 0);
  }

  /** Bytes of resident memory: now, and at most so far. */
  async memory(): Promise<{ readonly now: number; readonly peak: number }> {
    const status = await readFile(`/proc/${this.#pid}/status`, 'utf8');
    const field = (name: string) =>
      Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0) * 1024;
    return { now: field('VmRSS'), peak: field('VmHWM') };
  }

  /** Bytes read by system calls: files, sockets and its own database. */
  async bytesRead(): Promise<number> {
    const io = await readFile(`/proc/${this.#pid}/io`, 'utf8');
    return Number(/^rchar: (\d+)/m.exec(io)?.[1] ?? 0);
  }

  async stop(): Promise<void> {
    this.#process.kill('SIGINT');
    await this.#exited;
  }
}
