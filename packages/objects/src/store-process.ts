import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { CURSOR_FILE } from './events/event-cursor.ts';
import { type EventSender, startEventSender } from './events/event-sender.ts';
import { startHousekeeping } from './housekeeping.ts';
import { humanPace, type Pace } from './http/pace.ts';
import { listen } from './http/server.ts';
import { readKeys, type StoreKeys, writeCredentials } from './settings/credentials-file.ts';
import type { Settings } from './settings/settings.ts';
import { claimFolder } from './settings/store-folder.ts';
import { SigningKeys } from './sigv4/signing-key.ts';
import type { Credentials } from './sigv4/verify-request.ts';
import { openStorage, type Storage } from './storage/storage.ts';

export interface RunningStore {
  readonly endpoint: string;
  close(): Promise<void>;
}

/**
 * Opens the folder and serves it. `onBroken` is called when the disk can no longer be trusted: the
 * process must end then, the next start recovers. Throws ForeignFolder, FolderInUse,
 * JournalDamaged, or the error of listening.
 */
export async function startStore(
  settings: Settings,
  deps: { log: Logger; onBroken(error: unknown): void; pace?: Pace },
): Promise<RunningStore> {
  const lock = await claimFolder(settings.folder);
  let storage: Storage | null = null;
  try {
    if (settings.pidFile !== null) await notePid(settings.pidFile);
    let events: EventSender | null = null;
    storage = await openStorage(settings.folder, {
      onBroken: deps.onBroken,
      onCommitted: () => events?.wake(),
    });
    const credentialsPath = join(settings.folder, 'credentials.json');
    const keys = await readKeys(credentialsPath);
    await ensureBucket(storage, keys.bucket);
    let endpoint = settings.publicUrl ?? '';
    const { log, pace = humanPace } = deps;
    const credentials = credentialsOf(keys);
    const now = (): Date => new Date();
    const handler = { storage, credentials, log, now, pace, endpoint: () => endpoint };
    const server = await listen(handler, settings);
    endpoint ||= endpointOf(settings, server.port);
    await writeCredentials(credentialsPath, endpoint, keys);
    const opened = storage;
    const cursorPath = join(settings.folder, CURSOR_FILE);
    if (settings.events) {
      events = await startEventSender(storage.journal, settings.events, {
        cursorPath,
        log,
      });
    }
    const housekeeping = startHousekeeping(storage, { log, now, events });
    return {
      endpoint,
      async close() {
        await server.close();
        // First: a compaction may be waiting for events to be told.
        await events?.stop();
        await housekeeping.stop();
        await opened.close();
        lock.release();
      },
    };
  } catch (error) {
    await storage?.close();
    lock.release();
    throw error;
  }
}

/**
 * By the one who holds the folder, never by its starter: that one may die before it writes, or have
 * started a second process that found the folder taken.
 */
async function notePid(path: string): Promise<void> {
  const fresh = `${path}.${process.pid}`;
  await writeFile(fresh, `${process.pid}\n`, { mode: 0o600 });
  await rename(fresh, path);
}

function credentialsOf({ accessKeyId, secretAccessKey }: StoreKeys): Credentials {
  return { accessKeyId, keys: new SigningKeys(secretAccessKey) };
}

async function ensureBucket(storage: Storage, name: string): Promise<void> {
  if (storage.index.bucket(name)) return;
  const record = { t: 'bucket', name, at: Date.now() } as const;
  await storage.commit(() => ({ records: [record], result: null }));
}

/** An address that stands for all interfaces is no place to connect to. */
function endpointOf({ host, tls }: Settings, port: number): string {
  const reachable = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  const name = reachable.includes(':') ? `[${reachable}]` : reachable;
  return `${tls ? 'https' : 'http'}://${name}:${port}`;
}
