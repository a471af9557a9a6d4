import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The embedded store's process of this data folder, or null while there is none. */
export async function storePid(data: string): Promise<number | null> {
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const commandLine = await readFile(`/proc/${entry}/cmdline`, 'utf8').catch(() => '');
    if (!commandLine.includes('packages/objects/src/main.ts')) continue;
    const environment = await readFile(`/proc/${entry}/environ`, 'utf8').catch(() => '');
    if (environment.split('\0').includes(`VALISE_DATA=${data}`)) return Number(entry);
  }
  return null;
}

/** The embedded PostgreSQL's postmaster of this data folder, or null while there is none. */
export async function databasePid(data: string): Promise<number | null> {
  for (const entry of await readdir(join(data, 'postgres'), { recursive: true }).catch(() => [])) {
    if (!entry.endsWith('postmaster.pid')) continue;
    const text = await readFile(join(data, 'postgres', entry), 'utf8').catch(() => '');
    const pid = Number(text.split('\n')[0]);
    const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (commandLine.includes('postgres')) return pid;
  }
  return null;
}
