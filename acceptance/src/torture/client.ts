import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256 } from '../harness/api.ts';
import { valise } from '../harness/cli.ts';
import { pseudoRandom } from '../harness/content.ts';
import type { Cluster } from './cluster.ts';
import type { Random } from './random.ts';

const KiB = 1024;
const MiB = 1024 * KiB;
const SIZES = [0, 1, 4 * KiB, 300 * KiB, 8 * MiB, 8 * MiB + 1, 24 * MiB, 40 * MiB + 7];

/** What a client was told is stored: name → SHA-256. Only an exit code 0 writes here. */
export type Ledger = Map<string, string>;

export interface ClientOptions {
  readonly name: string;
  readonly home: string;
  readonly random: Random;
  readonly ledger: Ledger;
  readonly running: () => boolean;
}

/** Puts file after file; is itself killed now and then; repeats the same command until it says 0. */
export async function clientLoop(cluster: Cluster, options: ClientOptions): Promise<number> {
  const { name, home, random, ledger } = options;
  await mkdir(home, { recursive: true });
  let attempts = 0;
  for (let n = 0; options.running(); n++) {
    const file = `${name}-${n}.bin`;
    const content = pseudoRandom(`${name} ${n}`, random.pick(SIZES));
    const path = join(home, file);
    await writeFile(path, content);
    for (let done = false; !done; ) {
      attempts += 1;
      const killAfter = random.next() < 0.3 ? random.between(200, 2500) : null;
      const result = await valise(['put', file, '--server', cluster.server.url], {
        home,
        onStart: (child) => {
          if (killAfter !== null) setTimeout(() => child.kill('SIGKILL'), killAfter).unref();
        },
      });
      done = result.code === 0;
      if (result.code === 2 || result.code === 3) {
        throw new Error(`valise put ${file} gave up: ${result.stderr}`);
      }
    }
    ledger.set(file, sha256(content));
    await rm(path);
  }
  return attempts;
}
