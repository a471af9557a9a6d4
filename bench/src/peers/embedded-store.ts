import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { REPOSITORY } from '@valise/acceptance/harness/server';
import { Presigner, type StoreKeys } from '../measure/presign.ts';

const MAIN = join(REPOSITORY, 'packages/objects/src/main.ts');

/** The embedded store alone, on a free port. */
export class EmbeddedStore {
  readonly process: ChildProcess;
  readonly keys: StoreKeys;
  readonly signer: Presigner;
  /** From the start of the process until it said that it listens. */
  readonly startMilliseconds: number;

  private constructor(process: ChildProcess, keys: StoreKeys, startMilliseconds: number) {
    this.process = process;
    this.keys = keys;
    this.signer = new Presigner(keys);
    this.startMilliseconds = startMilliseconds;
  }

  static async start(
    data: string,
    env: Readonly<Record<string, string>> = {},
  ): Promise<EmbeddedStore> {
    const began = performance.now();
    const child = spawn(process.execPath, ['--max-semi-space-size=4', MAIN], {
      env: { ...process.env, VALISE_DATA: data, VALISE_OBJECTS_PORT: '0', ...env },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const ended = once(child, 'exit').then(() => {
      throw new Error('The object store ended before it listened.');
    });
    await Promise.race([once(child.stdout, 'data'), ended]);
    const milliseconds = performance.now() - began;
    ended.catch(() => undefined);
    const text = await readFile(join(data, 'objects', 'credentials.json'), 'utf8');
    return new EmbeddedStore(child, JSON.parse(text) as StoreKeys, milliseconds);
  }

  get pid(): number {
    return this.process.pid ?? 0;
  }

  get origin(): URL {
    return new URL(this.keys.endpoint);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.process.exitCode !== null) return;
    const ended = once(this.process, 'exit');
    this.process.kill('SIGTERM');
    await ended;
  }
}
