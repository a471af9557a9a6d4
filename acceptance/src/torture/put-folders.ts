import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { sha256 } from '../harness/api.ts';
import { pseudoRandom } from '../harness/content.ts';
import { type Actor, fate } from './actor.ts';
import { stubborn } from './person.ts';

const KiB = 1024;
const SIZES = [0, 7, 900, 4 * KiB, 4 * KiB, 60 * KiB, 300 * KiB];

/** Puts whole folders, gets each back on another device and compares, killed at both. */
export async function putFolders(actor: Actor): Promise<void> {
  const { name, home, random, ledger } = actor;
  const other = join(home, 'other device');
  await mkdir(other, { recursive: true });
  await actor.person.loginDevice(home);
  await actor.person.loginDevice(other);
  for (let n = 0; actor.running(); n++) {
    const folder = `${name}-${n}`;
    const files = await makeFolder(actor, join(home, folder));
    ledger.attempts += await stubborn(['put', folder], { home, killAfter: fate(random, 0.4) });
    for (const [path, hash] of files) ledger.files.set(`${folder}/${path}`, hash);
    await stubborn(['get', folder], { home: other, killAfter: fate(random, 0.4, 1500) });
    ledger.checks += files.size;
    ledger.faults.push(...(await compareTree(join(other, folder), files)));
    await rm(join(home, folder), { recursive: true });
    await rm(join(other, folder), { recursive: true });
  }
}

async function makeFolder({ random }: Actor, root: string): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  const seed = random.next();
  const count = random.between(5, 60);
  for (let n = 0; n < count; n++) {
    const path = `${random.pick(['', 'sub/', 'sub/sub sub/', 'ümläut/'])}file ${n}`;
    const size = n === 0 && random.next() < 0.5 ? 9 * KiB * KiB : random.pick(SIZES);
    const content = pseudoRandom(`${seed} ${n}`, size);
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
    files.set(path, sha256(content));
  }
  return files;
}

/** What is wrong with a copy: missing, other, left over. */
export async function compareTree(
  root: string,
  files: ReadonlyMap<string, string>,
): Promise<string[]> {
  const faults: string[] = [];
  const there = new Set<string>();
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) there.add(join(entry.parentPath, entry.name).slice(root.length + 1));
  }
  for (const [path, hash] of files) {
    if (!there.delete(path)) faults.push(`${path}: missing in ${root}`);
    else if (sha256(await readFile(join(root, path))) !== hash) {
      faults.push(`${path}: other bytes in ${root}`);
    }
  }
  for (const path of there) faults.push(`${path}: nobody put it into ${root}`);
  return faults;
}
