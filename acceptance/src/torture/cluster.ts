import { databasePid, storePid } from '../harness/processes.ts';
import { TestServer } from '../harness/server.ts';
import type { Random } from './random.ts';

export const VICTIMS = ['server', 'store', 'database'] as const;
export type Victim = (typeof VICTIMS)[number];

/** One installation whose processes get killed: the server is started again by us, as an init would. */
export class Cluster {
  #server: TestServer;
  readonly kills: Record<Victim, number> = { server: 0, store: 0, database: 0 };

  private constructor(server: TestServer) {
    this.#server = server;
  }

  static async start(): Promise<Cluster> {
    return new Cluster(await TestServer.start({ env: { VALISE_RATE_LIMIT: '1000000' } }));
  }

  get server(): TestServer {
    return this.#server;
  }

  async strike(random: Random): Promise<Victim> {
    const victim = random.pick(VICTIMS);
    this.kills[victim] += 1;
    if (victim === 'server') {
      await this.#server.kill();
      this.#server = await this.#server.restart();
    } else {
      const find = victim === 'store' ? storePid : databasePid;
      const pid = await find(this.#server.data);
      if (pid !== null) process.kill(pid, 'SIGKILL');
    }
    return victim;
  }

  /** Both embedded parts are back and the server says so. */
  async settled(): Promise<void> {
    await this.#server.untilReady();
  }
}
