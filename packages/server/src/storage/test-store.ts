import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { createStorage, type Storage } from './create-storage.ts';
import type { StoreSettings } from './store-settings.ts';

export interface TestStore {
  readonly settings: StoreSettings;
  readonly storage: Storage;
  readonly process: ChildProcess;
  /** When the process is gone, however it went. */
  readonly ended: Promise<void>;
  close(): Promise<void>;
}

/** For tests: the real embedded store in a process and folder of its own, on a free port. */
export async function startTestStore(): Promise<TestStore> {
  const data = await mkdtemp(join(tmpdir(), 'valise-test-store-'));
  const main = fileURLToPath(import.meta.resolve('@valise/objects/main'));
  const child = spawn(process.execPath, [main], {
    env: { VALISE_DATA: data, VALISE_OBJECTS_PORT: '0', VALISE_HOST: '127.0.0.1' },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await listening(child);
  const text = await readFile(join(data, 'objects', 'credentials.json'), 'utf8');
  const settings: StoreSettings = { ...JSON.parse(text), forcePathStyle: true };
  const storage = await createStorage(settings);
  return {
    settings,
    storage,
    process: child,
    ended,
    async close() {
      storage.close();
      child.kill('SIGKILL');
      await ended;
      await rm(data, { recursive: true, force: true });
    },
  };
}

async function listening(child: ChildProcess): Promise<void> {
  if (child.stdout === null) throw new Error('The store has no stdout.');
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.includes('"listening"')) return;
  }
  throw new Error('The object store ended before it listened.');
}
