/**
 * A real Ceph object gateway on this machine, from Debian's packages, for tests and measurements:
 * one monitor, one storage daemon and one RADOS gateway below a folder of their own, without
 * systemd. Loopback only. It ends only what it started.
 */
import { execFile } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { access, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { clusterConfiguration } from './configuration.ts';
import {
  configurationPath,
  DAEMONS,
  daemonPid,
  endDaemon,
  startDaemon,
  untilSo,
} from './daemons.ts';

export const PACKAGES = ['ceph-common', 'ceph-mon', 'ceph-osd', 'radosgw'];

const PROGRAMS = ['ceph', 'ceph-authtool', 'monmaptool', 'ceph-mon', 'ceph-osd', 'radosgw'];
const START_MS = 120_000;

export interface ClusterOptions {
  /** 0: any free one, kept from then on. */
  readonly port: number;
  readonly backend?: 'memstore' | 'bluestore';
  readonly gatewayLines?: readonly string[];
}

/** What a program needs to use the gateway; the names are those of Valise's configuration. */
export type StoreEnvironment = Readonly<
  Record<
    | 'S3_ENDPOINT'
    | 'S3_REGION'
    | 'S3_ACCESS_KEY_ID'
    | 'S3_SECRET_ACCESS_KEY'
    | 'S3_FORCE_PATH_STYLE',
    string
  >
>;

const run = promisify(execFile);

/** The programs that are missing here; none when a cluster can be started. */
export async function missingPrograms(): Promise<string[]> {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const missing: string[] = [];
  for (const program of PROGRAMS) {
    const found = folders.map((folder) => access(join(folder, program)));
    if (
      !(await Promise.any(found).then(
        () => true,
        () => false,
      ))
    )
      missing.push(program);
  }
  return missing;
}

/** Starts what isn't running yet of the cluster in `folder`, which is made if need be. */
export async function startCluster(
  folder: string,
  options: ClusterOptions,
): Promise<StoreEnvironment> {
  const missing = await missingPrograms();
  if (missing.length > 0) {
    throw new Error(`${missing.join(', ')} not found: apt-get install ${PACKAGES.join(' ')}`);
  }
  const environment = await makeFolder(folder, options);
  await startMonitor(folder);
  await startStorage(folder);
  await startGateway(folder, environment);
  return environment;
}

/** Ends the cluster's processes; its data stay unless `wipe` is set. */
export async function stopCluster(folder: string, { wipe = false } = {}): Promise<void> {
  for (const name of DAEMONS.toReversed()) await endDaemon(folder, name);
  if (wipe) await rm(folder, { recursive: true, force: true });
}

async function makeFolder(folder: string, options: ClusterOptions): Promise<StoreEnvironment> {
  const path = join(folder, 'environment.json');
  const made = await readFile(path, 'utf8').catch(() => null);
  if (made !== null) return JSON.parse(made) as StoreEnvironment;
  for (const name of ['run', 'log', 'crash', 'mon', 'osd', 'rgw']) {
    await mkdir(join(folder, name), { recursive: true });
  }
  const [gatewayPort, monitorPort] = await freePorts(options.port);
  const clusterId = randomUUID();
  const { backend = 'memstore', gatewayLines = [] } = options;
  const plan = { folder, clusterId, gatewayPort, monitorPort, backend, gatewayLines };
  const conf = configurationPath(folder);
  await writeFile(conf, clusterConfiguration(plan));
  const keyring = join(folder, 'keyring');
  const monitorKey = ['--gen-key', '-n', 'mon.', '--cap', 'mon', 'allow *'];
  await run('ceph-authtool', ['-c', conf, '--create-keyring', keyring, ...monitorKey]);
  const map = join(folder, 'monmap');
  const address = `[v2:127.0.0.1:${monitorPort}/0]`;
  await run('monmaptool', [
    '-c',
    conf,
    '--create',
    '--clobber',
    '--fsid',
    clusterId,
    '--addv',
    'a',
    address,
    map,
  ]);
  await run('ceph-mon', ['-c', conf, '-i', 'a', '--mkfs', '--monmap', map, '--keyring', keyring]);
  const environment: StoreEnvironment = {
    S3_ENDPOINT: `http://127.0.0.1:${gatewayPort}`,
    S3_REGION: 'default',
    S3_ACCESS_KEY_ID: randomBytes(10).toString('hex').toUpperCase(),
    S3_SECRET_ACCESS_KEY: randomBytes(20).toString('hex'),
    S3_FORCE_PATH_STYLE: 'true',
  };
  // Last: a folder that has it is whole.
  await writeFile(path, JSON.stringify(environment, null, 2), { mode: 0o600 });
  return environment;
}

async function startMonitor(folder: string): Promise<void> {
  if ((await daemonPid(folder, 'mon')) !== undefined) return;
  await startDaemon(folder, 'mon', ['ceph-mon', '-i', 'a']);
  const isUp = () =>
    ask(folder, 'mon', 'stat').then(
      () => true,
      () => false,
    );
  await untilSo(isUp, { folder, name: 'mon', milliseconds: START_MS });
}

async function startStorage(folder: string): Promise<void> {
  if ((await daemonPid(folder, 'osd')) !== undefined) return;
  const mark = join(folder, 'osd.made');
  if (
    await access(mark).then(
      () => false,
      () => true,
    )
  ) {
    await rm(join(folder, 'osd'), { recursive: true });
    await mkdir(join(folder, 'osd'));
    const id = randomUUID();
    await ask(folder, 'osd', 'new', id, '0');
    await run('ceph-osd', ['-c', configurationPath(folder), '-i', '0', '--mkfs', '--osd-uuid', id]);
    await writeFile(mark, '');
  }
  await startDaemon(folder, 'osd', ['ceph-osd', '-i', '0']);
  const isUp = async () => (await ask(folder, 'osd', 'stat')).includes('1 up');
  await untilSo(isUp, { folder, name: 'osd', milliseconds: START_MS });
}

async function startGateway(folder: string, environment: StoreEnvironment): Promise<void> {
  if ((await daemonPid(folder, 'rgw')) !== undefined) return;
  await startDaemon(folder, 'rgw', ['radosgw', '-n', 'client.rgw']);
  const isUp = () =>
    fetch(environment.S3_ENDPOINT).then(
      () => true,
      () => false,
    );
  await untilSo(isUp, { folder, name: 'rgw', milliseconds: START_MS });
  const { S3_ACCESS_KEY_ID: id, S3_SECRET_ACCESS_KEY: secret } = environment;
  const admin = ['-c', configurationPath(folder), '-n', 'client.rgw', 'user'];
  const known = await run('radosgw-admin', [...admin, 'info', '--uid=valise']).then(
    () => true,
    () => false,
  );
  if (known) return;
  const keys = [`--access-key=${id}`, `--secret-key=${secret}`];
  await run('radosgw-admin', [
    ...admin,
    'create',
    '--uid=valise',
    '--display-name=Valise',
    '--max-buckets=0',
    ...keys,
  ]);
  await makeRole([...admin.slice(0, -1)]);
}

/** The user may become the role `session` for an hour and then do everything, but as another. */
async function makeRole(admin: readonly string[]): Promise<void> {
  const policy = (statement: object): string =>
    JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', ...statement }] });
  const assume = { Principal: { AWS: ['arn:aws:iam:::user/valise'] }, Action: ['sts:AssumeRole'] };
  const trust = `--assume-role-policy-doc=${policy(assume)}`;
  await run('radosgw-admin', [...admin, 'role', 'create', '--role-name=session', trust]);
  const all = `--policy-doc=${policy({ Action: ['s3:*'], Resource: '*' })}`;
  const names = ['--role-name=session', '--policy-name=all'];
  await run('radosgw-admin', [...admin, 'role-policy', 'put', ...names, all]);
}

async function ask(folder: string, ...words: readonly string[]): Promise<string> {
  const args = ['-c', configurationPath(folder), '--connect-timeout', '5', ...words];
  const { stdout } = await run('ceph', args, { timeout: 10_000 });
  return stdout;
}

async function freePorts(wanted: number): Promise<[number, number]> {
  const servers = [createServer(), createServer()] as const;
  const ports = await Promise.all(
    servers.map(async (server, n) => {
      await new Promise<void>((done, fail) => {
        server.once('error', fail).listen(n === 0 ? wanted : 0, '127.0.0.1', done);
      });
      const address = server.address();
      if (address === null || typeof address === 'string') throw new Error('No port.');
      return address.port;
    }),
  );
  for (const server of servers) await new Promise((done) => server.close(done));
  return [ports[0] ?? 0, ports[1] ?? 0];
}
