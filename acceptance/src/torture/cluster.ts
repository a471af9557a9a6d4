import { FaultProxy } from '../harness/fault-proxy.ts';
import { databasePid, storePid } from '../harness/processes.ts';
import { freePorts, TestServer } from '../harness/server.ts';
import type { Random } from './random.ts';

/** What is killed and started again by us; `power` is everything at once. */
const RESTARTED = ['server', 'server', 'server', 'power'] as const;
/** What the servers look after. */
const PARTS = ['store', 'database'] as const;
type Victim = (typeof RESTARTED)[number] | (typeof PARTS)[number];

const QUICK = { VALISE_RATE_LIMIT: '1000000', VALISE_LOGIN_LIMIT: '1000000' };
/** An init starts again what did not come up: a database that dies during a start fails it. */
const MOST_STARTS = 8;

/**
 * One installation: two API servers on one data folder behind a balancer. Its processes get killed;
 * servers are started again by us, as an init would, database and store by the servers.
 */
export class Cluster {
  readonly kills: Record<Victim, number> = { server: 0, store: 0, database: 0, power: 0 };
  failedStarts = 0;
  readonly #servers: TestServer[];
  readonly #balancer: FaultProxy;

  private constructor(servers: TestServer[], balancer: FaultProxy) {
    this.#servers = servers;
    this.#balancer = balancer;
  }

  static async start(): Promise<Cluster> {
    const one = await TestServer.start({ env: QUICK });
    const [port, ops] = await freePorts(2);
    const two = await TestServer.start({
      data: one.data,
      env: {
        ...QUICK,
        VALISE_PORT: String(port),
        VALISE_OPS_PORT: String(ops),
        VALISE_OBJECTS_PORT: String(one.env.VALISE_OBJECTS_PORT),
      },
    });
    const servers = [one, two];
    let turn = 0;
    const balancer = await FaultProxy.start(() => {
      const ports = servers.map((server) => Number(server.env.VALISE_PORT));
      turn += 1;
      return turn % 2 === 0 ? ports : ports.toReversed();
    });
    return new Cluster(servers, balancer);
  }

  get url(): string {
    return this.#balancer.url;
  }

  /** What an administrator's commands run with. */
  get env(): Readonly<Record<string, string>> {
    return this.#server(0).env;
  }

  get ops(): string {
    return this.#server(0).ops;
  }

  get data(): string {
    return this.#server(0).data;
  }

  /** Kills a server, or all there is, and starts it again. */
  async strikeServer(random: Random): Promise<void> {
    const victim = random.pick(RESTARTED);
    const which = random.between(0, 1);
    this.kills[victim] += 1;
    if (victim === 'power') {
      await this.#power();
    } else {
      await this.#server(which).kill();
      await this.#restart(which);
    }
  }

  /** Kills store or database, perhaps while it is starting. */
  async strikePart(random: Random): Promise<void> {
    const victim = random.pick(PARTS);
    if (await killPart(victim === 'store' ? storePid : databasePid, this.data)) {
      this.kills[victim] += 1;
    }
  }

  /** Both servers and their parts are up. */
  async settled(): Promise<void> {
    for (const server of this.#servers) await server.untilReady();
  }

  /** A clean stop and start: parts clean up at their start what a crash had left. */
  async restartInOrder(): Promise<void> {
    for (const server of this.#servers) await server.stop();
    await this.#restart(0);
    await this.#restart(1);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#balancer.close();
    await this.#server(1).stop();
    await this.#server(0)[Symbol.asyncDispose]();
  }

  async #power(): Promise<void> {
    await Promise.all([
      ...this.#servers.map((server) => server.kill()),
      killPart(storePid, this.data),
      killPart(databasePid, this.data),
    ]);
    await Promise.all([this.#restart(0), this.#restart(1)]);
  }

  async #restart(which: number): Promise<void> {
    for (let starts = 1; ; starts++) {
      try {
        this.#servers[which] = await this.#server(which).restart();
        return;
      } catch (error) {
        this.failedStarts += 1;
        if (starts === MOST_STARTS) throw error;
      }
    }
  }

  #server(which: number): TestServer {
    const server = this.#servers[which];
    if (server === undefined) throw new Error(`no server ${which}`);
    return server;
  }
}

/** Answers whether there was anything to kill. */
async function killPart(
  find: (data: string) => Promise<number | null>,
  data: string,
): Promise<boolean> {
  const pid = await find(data);
  if (pid === null) return false;
  try {
    process.kill(pid, 'SIGKILL');
    return true;
  } catch {
    // Gone in the meantime.
    return false;
  }
}
