import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { S3Client } from '@aws-sdk/client-s3';
import { pino } from 'pino';
import type { EventTarget } from './events/event-sender.ts';
import { humanPace, type Pace } from './http/pace.ts';
import type { CredentialsFile } from './settings/credentials-file.ts';
import { startStore } from './store-process.ts';

/** For tests: a store in this process, on a fresh folder and a free port. */
export interface TestStore {
  readonly folder: string;
  readonly credentials: CredentialsFile;
  readonly client: S3Client;
  /** Ends the store and leaves its folder. */
  stop(): Promise<void>;
  close(): Promise<void>;
}

export async function startTestStore(
  folder?: string,
  events: EventTarget | null = null,
  pace: Pace = humanPace,
): Promise<TestStore> {
  const root = folder ?? (await temporaryFolder());
  const settings = {
    folder: root,
    host: '127.0.0.1',
    port: 0,
    tls: null,
    pidFile: null,
    publicUrl: null,
    events,
  };
  const onBroken = (error: unknown): never => {
    throw error;
  };
  const store = await startStore(settings, { log: pino({ level: 'silent' }), onBroken, pace });
  const credentials = await readCredentials(root);
  const client = clientOf(credentials);
  let isRunning = true;
  const stop = async (): Promise<void> => {
    client.destroy();
    if (isRunning) await store.close();
    isRunning = false;
  };
  return {
    folder: root,
    credentials,
    client,
    stop,
    async close() {
      await stop();
      if (folder === undefined) await rm(root, { recursive: true });
    },
  };
}

export function temporaryFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'valise-objects-'));
}

export async function readCredentials(folder: string): Promise<CredentialsFile> {
  return JSON.parse(await readFile(join(folder, 'credentials.json'), 'utf8')) as CredentialsFile;
}

export function clientOf(credentials: CredentialsFile, settings: object = {}): S3Client {
  return new S3Client({
    endpoint: credentials.endpoint,
    region: credentials.region,
    credentials,
    forcePathStyle: true,
    maxAttempts: 1,
    ...settings,
  });
}

export interface StoreProcess {
  readonly child: ChildProcess;
  readonly stderr: () => string;
  /** The listening line; null when the process ended instead. */
  readonly listening: Promise<{ endpoint: string; pid: number } | null>;
  readonly exited: Promise<number | null>;
}

/** For tests: the real process. Whoever spawns it ends it. */
export function spawnStore(data: string, env: Record<string, string> = {}): StoreProcess {
  const main = fileURLToPath(new URL('./main.ts', import.meta.url));
  const child = spawn(process.execPath, [main], {
    env: { ...process.env, VALISE_DATA: data, VALISE_OBJECTS_PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (bytes: Buffer) => {
    stderr += bytes.toString();
  });
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  const line = once(child.stdout, 'data').then(([bytes]) => JSON.parse(String(bytes)));
  const listening = Promise.race([line, exited.then(() => null)]);
  return { child, stderr: () => stderr, listening, exited };
}
