import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Account, Api } from '@valise/acceptance/harness/api';
import { REPOSITORY, TestServer } from '@valise/acceptance/harness/server';
import { type Run, runProcess } from '../measure/run-process.ts';

const VALISE = join(REPOSITORY, 'node_modules/.bin/valise');

/** A fresh installation, one account signed in on the command line, and a folder to work in. */
export class Workbench {
  readonly server: TestServer;
  readonly folder: string;
  readonly api: Api;
  readonly account: Account;

  private constructor(server: TestServer, folder: string, account: Account) {
    this.server = server;
    this.folder = folder;
    this.account = account;
    this.api = new Api(server.url, account.accessToken);
  }

  static async open(env: Readonly<Record<string, string>> = {}): Promise<Workbench> {
    const server = await TestServer.start({ env: { VALISE_RATE_LIMIT: '10000000', ...env } });
    const account = await new Api(server.url).register();
    const folder = await mkdtemp(join(tmpdir(), 'valise-bench-'));
    const bench = new Workbench(server, folder, account);
    await bench.signIn();
    return bench;
  }

  valise(args: readonly string[], input = ''): Promise<Run> {
    const env = { VALISE_HOME: join(this.folder, 'home') };
    return runProcess(VALISE, args, { cwd: this.folder, env, input });
  }

  async signIn(): Promise<void> {
    const { email, password } = this.account;
    await this.valise(['login', this.server.url, '--email', email, '--password-stdin'], password);
  }

  get serverPid(): number {
    return this.server.process.pid ?? 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
    await rm(this.folder, { recursive: true, force: true });
  }
}
