import { mkdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { isPortFree } from '../../run/free-port.ts';
import { untilGone } from '../../run/process-status.ts';
import { sqlStateOf } from '../database-errors.ts';
import {
  connectionUrl,
  newPassword,
  POSTGRES_HOST,
  type PostgresConnection,
  readConnection,
  writeConnection,
} from './connection-file.ts';
import { type ClusterPlace, hasCluster, initCluster } from './init-cluster.ts';
import { locatePostgres } from './postgres-binaries.ts';
import { chooseIdentity, handOver } from './postgres-identity.ts';
import { clearForeignPid, findPostmaster } from './postmaster.ts';
import {
  DURABLE_SETTINGS,
  type PostgresSettings,
  startPostmaster,
  untilAdopted,
} from './start-postmaster.ts';

const FAST_STOP_MS = 30_000;
const HARD_STOP_MS = 10_000;

export interface EmbeddedPostgresOptions {
  /** Added to, or instead of, the durable ones. */
  readonly settings?: PostgresSettings;
}

/**
 * A PostgreSQL of our own below one folder. Its postmaster outlives us, and is adopted by the next
 * who asks. Every call here must be made by one process at a time (see PartMembership).
 */
export interface EmbeddedPostgres {
  /**
   * Makes sure that it runs and answers: adopts a running one, starts a stopped one, makes a new
   * one where there is none. Answers the URL of its `valise` database.
   */
  ensure(): Promise<string>;
  /** A look at its process, without asking it anything. */
  isRunning(): Promise<boolean>;
  /** Ends it cleanly: open transactions are rolled back, everything committed is on disk. */
  stop(): Promise<void>;
}

export function createEmbeddedPostgres(
  folder: string,
  options: EmbeddedPostgresOptions = {},
): EmbeddedPostgres {
  const settings = { ...DURABLE_SETTINGS, ...options.settings };
  return {
    async ensure() {
      const place = await prepare(folder);
      const known = await readConnection(place.folder);
      const connection = (await adopt(place, known)) ?? (await start(place, known, settings));
      await createDatabase(connection);
      return connectionUrl(connection, 'valise');
    },
    isRunning: async () => (await findPostmaster(await dataFolderOf(folder))) !== undefined,
    stop: async () => stop(await dataFolderOf(folder)),
  };
}

/** By its real path: the one spelling that the postmaster's command line is searched for. */
async function dataFolderOf(folder: string): Promise<string> {
  return join(await realpath(folder).catch(() => folder), 'data');
}

async function prepare(wanted: string): Promise<ClusterPlace> {
  await mkdir(wanted, { recursive: true, mode: 0o700 });
  const folder = await realpath(wanted);
  const dataFolder = join(folder, 'data');
  const identity = await chooseIdentity(dataFolder);
  await handOver(identity, folder);
  return { folder, dataFolder, identity, binaries: await locatePostgres() };
}

async function adopt(
  place: ClusterPlace,
  known: PostgresConnection | undefined,
): Promise<PostgresConnection | undefined> {
  if (known === undefined || (await findPostmaster(place.dataFolder)) === undefined)
    return undefined;
  return (await untilAdopted(place.dataFolder, known)) ? known : undefined;
}

async function start(
  place: ClusterPlace,
  known: PostgresConnection | undefined,
  settings: PostgresSettings,
): Promise<PostgresConnection> {
  const isOld = await hasCluster(place.dataFolder);
  if (isOld && known === undefined) {
    throw new Error(
      `${place.folder} holds a database but no connection.json with its password: ` +
        'restore that file from your backup.',
    );
  }
  const password = isOld && known !== undefined ? known.password : newPassword();
  const connection = { port: await choosePort(known?.port), password };
  await writeConnection(place.folder, connection);
  if (!isOld) await initCluster(place, password);
  await clearForeignPid(place.dataFolder);
  await startPostmaster(place, { connection, settings });
  return connection;
}

/** `valise` may lack when we died between initdb and this. */
async function createDatabase(connection: PostgresConnection): Promise<void> {
  const client = new pg.Client({ connectionString: connectionUrl(connection, 'postgres') });
  await client.connect();
  try {
    const found = await client.query("SELECT 1 FROM pg_database WHERE datname = 'valise'");
    if (found.rows.length === 0) await client.query('CREATE DATABASE valise');
  } catch (error) {
    if (sqlStateOf(error) !== '42P04') throw error;
  } finally {
    await client.end();
  }
}

async function stop(dataFolder: string): Promise<void> {
  const pid = await findPostmaster(dataFolder);
  if (pid === undefined) return;
  const isGone = async () => (await findPostmaster(dataFolder)) === undefined;
  process.kill(pid, 'SIGINT');
  if (await untilGone(isGone, FAST_STOP_MS)) return;
  // An immediate shutdown: the next start replays the log. Still nothing committed is lost.
  process.kill(pid, 'SIGQUIT');
  if (!(await untilGone(isGone, HARD_STOP_MS))) {
    throw new Error(`PostgreSQL (process ${pid}) does not stop.`);
  }
}

/**
 * Ports below the range from which systems give out ports to outgoing connections: otherwise one
 * of those could sit on ours while PostgreSQL restarts.
 */
const FIRST_PORT = 20_000;
const PORTS = 12_000;

/** The port it had before if that is free, so that open pools find it again. */
async function choosePort(before: number | undefined): Promise<number> {
  if (before !== undefined && (await isPortFree(before, POSTGRES_HOST))) return before;
  for (;;) {
    const port = FIRST_PORT + Math.floor(Math.random() * PORTS);
    if (await isPortFree(port, POSTGRES_HOST)) return port;
  }
}
