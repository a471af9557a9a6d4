import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Actor } from './actor.ts';
import { audit } from './audit.ts';
import { Cluster } from './cluster.ts';
import { Ledger } from './ledger.ts';
import { Person } from './person.ts';
import { putFiles } from './put-files.ts';
import { putFolders } from './put-folders.ts';
import { Random } from './random.ts';
import { readFiles } from './reader.ts';
import { tendTree } from './tend-tree.ts';

export interface TortureOptions {
  readonly seed: number;
  readonly seconds: number;
  /** See `AuditOptions`. */
  readonly settleSeconds: number;
}

export interface TortureReport {
  readonly faults: readonly string[];
  /** One line for people. */
  readonly summary: string;
}

const ACTORS: readonly (readonly [string, (actor: Actor) => Promise<void>])[] = [
  ['put', putFiles],
  ['put two', putFiles],
  ['folder', putFolders],
  ['tree', tendTree],
  ['reader', readFiles],
];

/** One run. The seed fixes sizes, contents and the order of kills; timing is the machine's. */
export async function torture(options: TortureOptions): Promise<TortureReport> {
  const { seed, seconds, settleSeconds } = options;
  await using cluster = await Cluster.start();
  const homes = await mkdtemp(join(tmpdir(), 'valise-torture-'));
  const ledger = new Ledger();
  try {
    const person = await Person.register(() => cluster.url);
    const end = Date.now() + seconds * 1000;
    const running = () => Date.now() < end && ledger.faults.length === 0;
    const actors = ACTORS.map(async ([name, act], n) => {
      const home = join(homes, name);
      await mkdir(home);
      const random = new Random(seed * 31 + n);
      await act({ name, home, cluster, person, random, ledger, running });
    });
    const chaos = [
      strikes(running, new Random(seed), (random) => cluster.strikeServer(random)),
      strikes(running, new Random(seed + 1), (random) => cluster.strikePart(random)),
    ];
    await together([...actors, ...chaos]);
    await cluster.settled();
    await audit({ cluster, person, ledger, home: join(homes, 'auditor'), settleSeconds });
    ledger.faults.push(...person.internalErrors);
    return { faults: ledger.faults, summary: summarise(ledger, cluster) };
  } finally {
    await rm(homes, { recursive: true, force: true });
  }
}

/** All end before anything is cleaned up; then the first failure counts. */
async function together(work: readonly Promise<void>[]): Promise<void> {
  await Promise.allSettled(work);
  await Promise.all(work);
}

async function strikes(
  running: () => boolean,
  random: Random,
  strike: (random: Random) => Promise<void>,
): Promise<void> {
  await sleep(2000);
  while (running()) {
    await sleep(random.between(500, 6000));
    await strike(random);
  }
}

function summarise(ledger: Ledger, { kills, failedStarts }: Cluster): string {
  return [
    `${ledger.files.size} files stand after ${ledger.attempts} puts`,
    `${ledger.abandoned.size} uploads abandoned`,
    `${ledger.checks} contents compared`,
    `killed: server ${kills.server}×, store ${kills.store}×, database ${kills.database}×, ` +
      `all at once ${kills.power}×`,
    `${failedStarts} starts failed`,
  ].join('; ');
}
