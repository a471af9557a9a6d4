import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Account, Api } from '@valise/acceptance/harness/api';
import { REPOSITORY, TestServer } from '@valise/acceptance/harness/server';
import { type Run, runProcess } from '../measure/run-process.ts';
import { AgentProcess } from './agent-process.ts';
import type { FolderPair } from './folder-pair.ts';

const VALISE = join(REPOSITORY, 'node_modules/.bin/valise');
const SIDES = ['left', 'right'] as const;
export type Side = (typeof SIDES)[number];

/** Two devices of one account, on a server and a store of their own. */
export class ValisePair implements FolderPair {
  readonly name = 'valise';
  readonly server: TestServer;
  readonly left: string;
  readonly right: string;
  readonly #folder: string;
  readonly #agents = new Map<Side, AgentProcess>();

  private constructor(server: TestServer, folder: string) {
    this.server = server;
    this.#folder = folder;
    this.left = join(folder, 'left');
    this.right = join(folder, 'right');
  }

  static async open(): Promise<ValisePair> {
    const server = await TestServer.start({ env: { VALISE_RATE_LIMIT: '10000000' } });
    const account = await new Api(server.url).register();
    const pair = new ValisePair(server, await mkdtemp(join(tmpdir(), 'valise-sync-bench-')));
    for (const side of SIDES) await pair.#signIn(side, account);
    return pair;
  }

  async #signIn(side: Side, { email, password }: Account): Promise<void> {
    await mkdir(this[side]);
    const args = ['login', this.server.url, '--email', email, '--password-stdin'];
    await this.valise(side, args, password);
  }

  /** Any command of that device. */
  valise(side: Side, args: readonly string[], input = ''): Promise<Run> {
    const env = { VALISE_HOME: this.#home(side) };
    return runProcess(VALISE, args, { cwd: this.#folder, env, input });
  }

  once(side: Side): Promise<Run> {
    return this.valise(side, ['sync', this[side], '--once']);
  }

  #home(side: Side): string {
    return join(this.#folder, `${side}-home`);
  }

  /** Starts that device's agent. */
  run(side: Side): AgentProcess {
    const agent = new AgentProcess(this.#home(side), this[side]);
    this.#agents.set(side, agent);
    return agent;
  }

  agent(side: Side): AgentProcess {
    const agent = this.#agents.get(side);
    if (agent === undefined) throw new Error(`No agent runs at the ${side}.`);
    return agent;
  }

  async start(): Promise<void> {
    for (const side of SIDES) this.run(side);
  }

  async carry(): Promise<void> {}

  async stopAgents(): Promise<void> {
    for (const agent of this.#agents.values()) await agent.stop();
    this.#agents.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopAgents();
    await this.server[Symbol.asyncDispose]();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
