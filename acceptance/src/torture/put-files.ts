import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256 } from '../harness/api.ts';
import { pseudoRandom } from '../harness/content.ts';
import { type Actor, fate } from './actor.ts';
import { stubborn, valiseKilled } from './person.ts';

const KiB = 1024;
const MiB = 1024 * KiB;
const SIZES = [0, 1, 4 * KiB, 300 * KiB, 8 * MiB, 8 * MiB + 1, 24 * MiB, 40 * MiB + 7];

/** Puts file after file; some are abandoned at the first kill and never tried again. */
export async function putFiles(actor: Actor): Promise<void> {
  const { name, home, random, ledger } = actor;
  await actor.person.loginDevice(home);
  for (let n = 0; actor.running(); n++) {
    const file = `${name}-${n}.bin`;
    const content = pseudoRandom(`${name} ${n} ${random.next()}`, random.pick(SIZES));
    const path = join(home, file);
    await writeFile(path, content);
    if (random.next() < 0.2) {
      const killAfter = () => random.between(300, 1500);
      ledger.abandoned.set(file, sha256(content));
      const { code } = await valiseKilled(['put', file], { home, killAfter });
      if (code === 0) ledger.files.set(file, sha256(content));
    } else {
      ledger.attempts += await stubborn(['put', file], { home, killAfter: fate(random, 0.3) });
      ledger.files.set(file, sha256(content));
    }
    await rm(path);
  }
}
