import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, open, readFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Config, S3Settings } from '../config/config.ts';
import { createHttpS3Caller } from '../storage/http-s3-caller.ts';
import { isPortFree } from './free-port.ts';
import { portOf, readCredentials, settingsFor } from './objects-credentials.ts';
import { hasProcessText, isAlive, untilGone } from './process-status.ts';

const POLL_MS = 25;
/** After a crash the store reads the end of its journal, or all of it when its index is lost. */
const START_TIMEOUT_MS = 300_000;
const ANSWER_TIMEOUT_MS = 5_000;
const STOP_TIMEOUT_MS = 12_000;
const LOG_LIMIT_BYTES = 16 * 1024 * 1024;
/** The store's exit code when another process owns its folder: `npm run objects`, say. */
const FOLDER_TAKEN = 3;

/**
 * The embedded object store: a process of its own on `<data>/objects`. It outlives us and is
 * adopted by the next who asks. Every call but `isRunning` must be made by one process at a time
 * (see PartMembership).
 */
export interface EmbeddedObjects {
  /** Makes sure that it runs and answers; gives what is needed to use it. */
  ensure(): Promise<S3Settings>;
  /** A look at its process, without asking it anything. */
  isRunning(): Promise<boolean>;
  /** Lets it finish what is in flight. A store that someone else started goes on. */
  stop(): Promise<void>;
}

type ObjectsConfig = Pick<Config, 'data' | 'host' | 'objects' | 'tls' | 'url'>;

export function createEmbeddedObjects(config: ObjectsConfig): EmbeddedObjects {
  const pidPath = join(config.data, 'objects.pid');
  const findPid = () => findProcess(pidPath, config.data);
  return {
    ensure: async () => (await askForSettings(config)) ?? startStore(config, pidPath),
    isRunning: async () =>
      (await findPid()) !== undefined || (await askForSettings(config)) !== undefined,
    async stop() {
      const pid = await findPid();
      if (pid === undefined) return;
      const isGone = async () => (await findPid()) === undefined;
      process.kill(pid, 'SIGTERM');
      if (await untilGone(isGone, STOP_TIMEOUT_MS)) return;
      // What it has acknowledged is on disk; it takes up its journal at the next start.
      process.kill(pid, 'SIGKILL');
      await untilGone(isGone, STOP_TIMEOUT_MS);
    },
  };
}

async function findProcess(pidPath: string, data: string): Promise<number | undefined> {
  const pid = Number.parseInt(await readFile(pidPath, 'utf8').catch(() => ''), 10);
  if (!(pid > 0) || !isAlive(pid)) return undefined;
  return (await hasProcessText(pid, 'environ', `VALISE_DATA=${data}`)) ? pid : undefined;
}

/**
 * The settings of a store that answers to our keys; undefined when none does. Without the keys
 * nobody can sign, so a stranger on that port is not taken for it.
 */
async function askForSettings(config: ObjectsConfig): Promise<S3Settings | undefined> {
  const credentials = await readCredentials(config.data);
  if (credentials === undefined) return undefined;
  const settings = await settingsFor(credentials, config);
  const caller = createHttpS3Caller(settings, () => new Date());
  try {
    const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
    const reply = await caller.call({ method: 'HEAD', key: '' }, { signal });
    return reply.status === 200 ? settings : undefined;
  } catch {
    // Refused, silent or not S3: in each case not there.
    return undefined;
  } finally {
    caller.close();
  }
}

async function startStore(config: ObjectsConfig, pidPath: string): Promise<S3Settings> {
  const isOurs = (await findProcess(pidPath, config.data)) !== undefined;
  const child = isOurs ? undefined : await spawnStore(config, pidPath);
  let fault: Error | undefined;
  child?.on('error', (error) => {
    fault = error;
  });
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    const settings = await askForSettings(config);
    if (settings !== undefined) return settings;
    if (fault !== undefined) throw new Error('The object store cannot start.', { cause: fault });
    const code = child?.exitCode ?? child?.signalCode ?? null;
    if (code !== null && code !== FOLDER_TAKEN) {
      throw new Error(`The object store ended while starting (${code}):\n${await logEnd(config)}`);
    }
    if (Date.now() > deadline) throw new Error('The object store does not answer.');
    await sleep(POLL_MS);
  }
}

/**
 * V8 would let the space for young objects grow to 48 MiB, because garbage there is cheap; but the
 * store's holds on to the buffers that bodies arrive in. Much smaller, small PUTs cost a fifth more.
 */
const YOUNG_SPACE = '--max-semi-space-size=4';

async function spawnStore(config: ObjectsConfig, pidPath: string): Promise<ChildProcess> {
  const environment = {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    VALISE_DATA: config.data,
    VALISE_HOST: config.host,
    VALISE_OBJECTS_PID_FILE: pidPath,
    VALISE_OBJECTS_PORT: String(await choosePort(config)),
    ...(config.objects.url === null ? {} : { VALISE_OBJECTS_URL: config.objects.url }),
    ...eventVariables(config),
    ...(config.tls === null
      ? {}
      : {
          VALISE_TLS_CERT: config.tls.certPath,
          VALISE_TLS_KEY: config.tls.keyPath,
          // For its events: ours may be a certificate that only we trust.
          NODE_EXTRA_CA_CERTS: config.tls.certPath,
        }),
  };
  const output = await openLog(config.data);
  try {
    const main = fileURLToPath(import.meta.resolve('@valise/objects/main'));
    const child = spawn(process.execPath, [YOUNG_SPACE, main], {
      cwd: config.data,
      env: environment,
      detached: true,
      stdio: ['ignore', output.fd, output.fd],
    });
    child.unref();
    return child;
  } finally {
    await output.close();
  }
}

function eventVariables({ objects: { events } }: ObjectsConfig): Record<string, string> {
  if (events === null) return {};
  const { url, secret } = events;
  return { VALISE_EVENTS_URL: url, ...(secret === null ? {} : { VALISE_EVENTS_SECRET: secret }) };
}

/** With 0, the port it had before if that is free, so that issued URLs and open servers go on. */
async function choosePort(config: ObjectsConfig): Promise<number> {
  const { host, objects } = config;
  if (objects.port !== 0) {
    if (await isPortFree(objects.port, host)) return objects.port;
    throw new Error(
      `Port ${objects.port} is in use: set VALISE_OBJECTS_PORT to another one for the ` +
        'embedded object store, or end the program that has it.',
    );
  }
  const before = await readCredentials(config.data);
  const port = before === undefined ? 0 : portOf(before, config);
  return port !== 0 && (await isPortFree(port, host)) ? port : 0;
}

function logPath(data: string): string {
  return join(data, 'log', 'objects.log');
}

async function openLog(data: string) {
  const path = logPath(data);
  await mkdir(join(data, 'log'), { recursive: true, mode: 0o700 });
  const size = await stat(path).then(
    (found) => found.size,
    () => 0,
  );
  if (size > LOG_LIMIT_BYTES) await rename(path, `${path}.old`);
  return open(path, 'a', 0o600);
}

async function logEnd(config: ObjectsConfig): Promise<string> {
  const text = await readFile(logPath(config.data), 'utf8');
  return text.trim().split('\n').slice(-8).join('\n');
}
