import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FaultProxy } from './fault-proxy.ts';
import { cleanEnvironment, freePorts, REPOSITORY } from './server.ts';

/**
 * A real store, run on its own as by `npm run objects`, behind two networks that can fail: one for
 * servers (`control`), one for clients (`data`).
 */
export class FaultyStore {
  /** Its `VALISE_DATA`. */
  readonly folder: string;
  readonly control: FaultProxy;
  readonly data: FaultProxy;
  /** What points a server at it. */
  env: Readonly<Record<string, string>> = {};
  readonly #port: number;
  #process: ChildProcess | null = null;

  private constructor(folder: string, port: number, control: FaultProxy, data: FaultProxy) {
    this.folder = folder;
    this.#port = port;
    this.control = control;
    this.data = data;
  }

  static async start(folder?: string): Promise<FaultyStore> {
    const [port = 0] = await freePorts(1);
    const store = new FaultyStore(
      folder ?? (await mkdtemp(join(tmpdir(), 'valise-store-'))),
      port,
      await FaultProxy.start(() => [port]),
      await FaultProxy.start(() => [port]),
    );
    await store.revive();
    const text = await readFile(join(store.folder, 'objects', 'credentials.json'), 'utf8');
    const keys = JSON.parse(text) as Record<string, string>;
    store.env = {
      S3_ENDPOINT: store.control.url,
      S3_PUBLIC_ENDPOINT: store.data.url,
      S3_REGION: keys.region ?? '',
      S3_BUCKET: keys.bucket ?? '',
      S3_ACCESS_KEY_ID: keys.accessKeyId ?? '',
      S3_SECRET_ACCESS_KEY: keys.secretAccessKey ?? '',
    };
    return store;
  }

  /** Starts the process, again after a `kill`. */
  async revive(): Promise<void> {
    await mkdir(this.folder, { recursive: true });
    const child = spawn(process.execPath, ['packages/objects/src/main.ts'], {
      cwd: REPOSITORY,
      env: {
        ...cleanEnvironment(),
        VALISE_DATA: this.folder,
        VALISE_OBJECTS_PORT: String(this.#port),
      },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    this.#process = child;
    await Promise.race([
      once(child.stdout, 'data'),
      once(child, 'exit').then(() => {
        throw new Error('The store did not start.');
      }),
    ]);
  }

  async kill(): Promise<void> {
    const child = this.#process;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await this.control.close();
    await this.data.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}
