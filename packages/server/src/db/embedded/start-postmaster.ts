import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { sqlStateOf } from '../database-errors.ts';
import { connectionUrl, POSTGRES_HOST, type PostgresConnection } from './connection-file.ts';
import { type ClusterPlace, postgresEnvironment } from './init-cluster.ts';
import { handOver, invocationAs } from './postgres-identity.ts';
import { findPostmaster } from './postmaster.ts';

const POLL_MS = 20;
/** Recovery after a crash replays up to max_wal_size; on a slow disk that takes minutes. */
const START_TIMEOUT_MS = 300_000;

export type PostgresSettings = Readonly<Record<string, string>>;

/**
 * Nothing here weakens durability. `jit` costs more than it saves on short statements. A new
 * installation that is being filled has statistics after ten seconds instead of a minute: plans without
 * any are guesses. The logs overwrite themselves after a week.
 */
export const DURABLE_SETTINGS: PostgresSettings = {
  max_connections: '100',
  shared_buffers: '128MB',
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  jit: 'off',
  autovacuum_naptime: '10s',
};

export interface PostmasterStart {
  readonly connection: PostgresConnection;
  readonly settings: PostgresSettings;
}

/**
 * Starts a postmaster that outlives this process, and waits until it answers. Throws with the end
 * of its log when it gives up.
 */
export async function startPostmaster(place: ClusterPlace, start: PostmasterStart): Promise<void> {
  const logs = join(place.folder, 'log');
  await mkdir(logs, { recursive: true, mode: 0o700 });
  await handOver(place.identity, logs);
  // Only what comes before its own log collector runs.
  const startLog = join(logs, 'start.log');
  const output = await open(startLog, 'w', 0o600);
  let child: ChildProcess;
  try {
    const { command, args, options } = invocationAs(
      place.identity,
      place.binaries.postgres,
      argumentsFor(place.dataFolder, logs, start),
    );
    child = spawn(command, args, {
      ...options,
      cwd: place.folder,
      env: postgresEnvironment(),
      detached: true,
      stdio: ['ignore', output.fd, output.fd],
    });
    child.unref();
  } finally {
    await output.close();
  }
  await untilAnswering(child, startLog, start.connection);
}

function argumentsFor(dataFolder: string, logs: string, start: PostmasterStart): string[] {
  const settings: PostgresSettings = {
    listen_addresses: POSTGRES_HOST,
    port: String(start.connection.port),
    unix_socket_directories: '',
    logging_collector: 'on',
    log_directory: logs,
    log_filename: 'postgres-%a.log',
    log_rotation_age: '1d',
    log_rotation_size: '0',
    log_truncate_on_rotation: 'on',
    log_timezone: 'UTC',
    timezone: 'UTC',
    ...start.settings,
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return ['-D', dataFolder, ...options];
}

async function untilAnswering(
  child: ChildProcess,
  startLog: string,
  connection: PostgresConnection,
): Promise<void> {
  let fault: Error | undefined;
  child.on('error', (error) => {
    fault = error;
  });
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (!(await isAnswering(connection))) {
    if (fault !== undefined) throw new Error('PostgreSQL cannot be started.', { cause: fault });
    if (child.exitCode !== null || child.signalCode !== null) {
      const log = (await readFile(startLog, 'utf8')).trim().split('\n').slice(-12).join('\n');
      throw new Error(`PostgreSQL ended while starting (see ${startLog}):\n${log}`);
    }
    if (Date.now() > deadline) throw new Error(`PostgreSQL does not answer (see ${startLog}).`);
    await sleep(POLL_MS);
  }
}

/** Waits for a postmaster that someone else started, as long as it lives. */
export async function untilAdopted(
  dataFolder: string,
  connection: PostgresConnection,
): Promise<boolean> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (!(await isAnswering(connection))) {
    if ((await findPostmaster(dataFolder)) === undefined) return false;
    if (Date.now() > deadline) {
      throw new Error(`PostgreSQL runs on ${dataFolder} but does not answer.`);
    }
    await sleep(POLL_MS);
  }
  return true;
}

/** Signs in with our password, so that no stranger on that port is taken for our database. */
async function isAnswering(connection: PostgresConnection): Promise<boolean> {
  const client = new pg.Client({
    connectionString: connectionUrl(connection, 'postgres'),
    connectionTimeoutMillis: 2_000,
    query_timeout: 5_000,
    application_name: 'valise supervisor',
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('SELECT 1');
    return true;
  } catch (error) {
    if (sqlStateOf(error) === '28P01') {
      throw new Error(
        'The embedded PostgreSQL refuses the password in connection.json: ' +
          'that file was changed or belongs to other data.',
        { cause: error },
      );
    }
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}
