import { execFile } from 'node:child_process';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { syncFolder } from '../../run/durable-file.ts';
import { POSTGRES_USER } from './connection-file.ts';
import type { PostgresBinaries } from './postgres-binaries.ts';
import { handOver, invocationAs, type PostgresIdentity } from './postgres-identity.ts';

const run = promisify(execFile);
export const POSTGRES_MAJOR = '18';

export interface ClusterPlace {
  /** Holds `data`, `log` and `connection.json`. */
  readonly folder: string;
  readonly dataFolder: string;
  readonly binaries: PostgresBinaries;
  readonly identity: PostgresIdentity;
}

/** True when there is a cluster. Throws when it is another major version's. */
export async function hasCluster(dataFolder: string): Promise<boolean> {
  const version = await readFile(join(dataFolder, 'PG_VERSION'), 'utf8').catch(() => undefined);
  if (version === undefined) return false;
  if (version.trim() === POSTGRES_MAJOR) return true;
  throw new Error(
    `${dataFolder} was made by PostgreSQL ${version.trim()}, this is ${POSTGRES_MAJOR}: ` +
      'dump it with the Valise version that made it and load it into a fresh data folder.',
  );
}

/**
 * Makes a new cluster under another name and renames it when it is complete, so that a crash
 * half-way leaves nothing that looks like one. Locale and encoding are PostgreSQL's own, not the
 * machine's; pages carry checksums (the default since 18).
 */
export async function initCluster(place: ClusterPlace, password: string): Promise<void> {
  const fresh = join(place.folder, 'data.new');
  const passwordFile = join(place.folder, 'password.tmp');
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh, { mode: 0o700 });
  await handOver(place.identity, fresh);
  try {
    await writeFile(passwordFile, password, { mode: 0o600 });
    await handOver(place.identity, passwordFile);
    await runInitdb(place, fresh, passwordFile);
  } finally {
    await rm(passwordFile, { force: true });
  }
  await rename(fresh, place.dataFolder);
  await syncFolder(place.folder);
}

async function runInitdb(place: ClusterPlace, target: string, passwordFile: string): Promise<void> {
  const { command, args, options } = invocationAs(place.identity, place.binaries.initdb, [
    `--pgdata=${target}`,
    `--username=${POSTGRES_USER}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
  ]);
  try {
    await run(command, args, { ...options, cwd: place.folder, env: postgresEnvironment() });
  } catch (cause) {
    const stderr = cause instanceof Error && 'stderr' in cause ? String(cause.stderr).trim() : '';
    throw new Error(`PostgreSQL's initdb failed: ${stderr || String(cause)}${hintFor(place)}`, {
      cause,
    });
  }
}

function hintFor({ identity, folder, binaries }: ClusterPlace): string {
  if (identity.kind !== 'setuid') return '';
  return (
    `\nPostgreSQL runs as user ${identity.uid} here, who must be able to enter every folder above ` +
    `${folder} and ${binaries.postgres}. Move Valise or choose another VALISE_DATA, or run it all ` +
    'as an ordinary user.'
  );
}

/** None of our own variables: PG* ones would redirect it, secrets are none of its business. */
export function postgresEnvironment(): NodeJS.ProcessEnv {
  return { PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin', TZ: 'UTC', LC_ALL: 'C' };
}
