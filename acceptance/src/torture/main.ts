/**
 * The torture test: clients put files while server, store, database and the clients themselves are
 * killed with SIGKILL at random moments. At the end everything acknowledged must be there, whole.
 *
 *   npm run torture -- --seconds 120 --seed 7
 *
 * The seed fixes sizes, contents and the order of kills; timing is the machine's.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type Account, Api } from '../harness/api.ts';
import { valise } from '../harness/cli.ts';
import { clientLoop, type Ledger } from './client.ts';
import { Cluster } from './cluster.ts';
import { Random } from './random.ts';
import { auditAll, listRoot, readOne } from './reader.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '120' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    clients: { type: 'string', default: '3' },
  },
});
const seed = Number(values.seed);
const random = new Random(seed);
const end = Date.now() + Number(values.seconds) * 1000;
const running = () => Date.now() < end;

console.log(`torture: seed ${seed}, ${values.seconds} s, ${values.clients} clients`);
const cluster = await Cluster.start();
const account = await new Api(cluster.server.url).register();
const homes = await mkdtemp(join(tmpdir(), 'valise-torture-'));
const ledger: Ledger = new Map();
const faults: string[] = [];

const [attempts] = await Promise.all([clients(), chaos(), readers()]);
await cluster.settled();
const token = await freshToken();
faults.push(...(await auditAll(cluster, token, ledger)));
await cluster.server[Symbol.asyncDispose]();
await rm(homes, { recursive: true, force: true });

const { kills } = cluster;
console.log(
  `torture: ${ledger.size} files acknowledged in ${attempts} attempts; killed server ${kills.server}×, store ${kills.store}×, database ${kills.database}×`,
);
for (const fault of faults) console.log(`torture: FAULT ${fault}`);
console.log(faults.length === 0 ? 'torture: nothing lost' : `torture: replay with --seed ${seed}`);
process.exitCode = faults.length === 0 ? 0 : 1;

async function clients(): Promise<number> {
  const all = Array.from({ length: Number(values.clients) }, async (_, n) => {
    const home = join(homes, `client ${n}`);
    await login(home, account);
    const seeded = new Random(seed * 31 + n);
    return await clientLoop(cluster, { name: `c${n}`, home, random: seeded, ledger, running });
  });
  const counts = await Promise.all(all);
  return counts.reduce((sum, count) => sum + count, 0);
}

async function login(home: string, { email, password }: Account): Promise<void> {
  const args = ['login', cluster.server.url, '--email', email, '--password-stdin'];
  for (let tries = 0; tries < 30; tries++) {
    const result = await valise(args, { home, cwd: homes, input: password });
    if (result.code === 0) return;
    await sleep(1000);
  }
  throw new Error('no client could sign in');
}

async function chaos(): Promise<void> {
  await sleep(4000);
  while (running()) {
    await sleep(random.between(500, 5000));
    await cluster.strike(random);
  }
}

async function readers(): Promise<void> {
  const seeded = new Random(seed + 1);
  while (running()) {
    await sleep(seeded.between(100, 800));
    const name = ledger.size === 0 ? undefined : seeded.pick([...ledger.keys()]);
    if (name === undefined) continue;
    const access = await freshToken().catch(() => null);
    if (access === null) continue;
    const files = await listRoot(new Api(cluster.server.url, access)).catch(() => null);
    if (files === null) continue;
    const file = files.get(name);
    if (file === undefined) {
      faults.push(`${name}: acknowledged, then missing`);
      continue;
    }
    const verdict = await readOne(cluster, access, file, ledger.get(name) ?? '');
    if (typeof verdict === 'object') faults.push(verdict.wrong);
  }
}

async function freshToken(): Promise<string> {
  const { email, password } = account;
  const answer = await new Api(cluster.server.url).post('/auth/login', { email, password });
  if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
  return answer.body.accessToken;
}
