import { chown, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The account that nginx's workers get when nginx is started as root. */
export interface WorkerAccount {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** Debian's account for it, else the one that every system has. */
const CANDIDATES = ['www-data', 'nobody'];

/** null where nginx runs as whoever starts it. */
export async function workerAccount(): Promise<WorkerAccount | null> {
  if (process.getuid?.() !== 0) return null;
  const lines = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  for (const name of CANDIDATES) {
    const line = lines.find(([first]) => first === name);
    if (line !== undefined) return { name, uid: Number(line[2]), gid: Number(line[3]) };
  }
  throw new Error(`None of the accounts ${CANDIDATES.join(', ')} exists: nginx needs one as root.`);
}

/** The cache folder with what nginx writes into it, the workers' own. */
export async function prepareCache(folder: string, account: WorkerAccount | null): Promise<void> {
  for (const path of [folder, join(folder, 'temp'), join(folder, 'objects')]) {
    await mkdir(path, { recursive: true, mode: 0o700 });
    if (account !== null) await chown(path, account.uid, account.gid);
  }
}
