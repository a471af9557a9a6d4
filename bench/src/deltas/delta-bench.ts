import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Api } from '@valise/acceptance/harness/api';
import { lines, valise } from '@valise/acceptance/harness/cli';
import { freePorts, TestServer } from '@valise/acceptance/harness/server';
import { CountingProxy } from '../measure/counting-proxy.ts';
import { Rclone } from '../peers/rclone.ts';
import { fixedBlockBytes } from './fixed-blocks.ts';

/** Bytes of one edit on the wire, and what it is held against. */
export interface DeltaBytes {
  readonly size: number;
  /** Of the chunks that the old version hasn't got. */
  readonly changed: number;
  /** What the best plan sends. */
  readonly planned: number;
  /** All that the sending device sent and received: content, metadata, heads. */
  readonly put: number;
  /** All that the receiving device did. */
  readonly get: number;
  readonly fixedBlocks: number;
  readonly milliseconds: { readonly put: number; readonly get: number };
}

/** A server behind counted networks, with two devices of one person. */
export class DeltaBench implements AsyncDisposable {
  readonly folder: string;
  readonly #server: TestServer;
  readonly #proxies: readonly CountingProxy[];
  readonly #storeUrl: string;

  private constructor(folder: string, server: TestServer, proxies: readonly CountingProxy[]) {
    this.folder = folder;
    this.#server = server;
    this.#proxies = proxies;
    this.#storeUrl = proxies[0]?.url ?? '';
  }

  static async open(): Promise<DeltaBench> {
    const [port = 0] = await freePorts(1);
    const store = await CountingProxy.start(port);
    const server = await TestServer.start({
      env: { VALISE_OBJECTS_PORT: String(port), VALISE_OBJECTS_URL: store.url },
    });
    const api = await CountingProxy.start(Number(new URL(server.url).port));
    const folder = await mkdtemp(join(tmpdir(), 'valise-bench-'));
    const account = await new Api(server.url).register();
    for (const device of ['laptop', 'phone']) {
      const home = join(folder, device);
      await mkdir(home);
      const args = ['login', api.url, '--email', account.email, '--password-stdin'];
      await valise(args, { home, input: account.password });
    }
    return new DeltaBench(folder, server, [store, api]);
  }

  /** Both devices have `before`; one puts `after`, the other gets it. */
  async measure(name: string, before: string, after: string): Promise<DeltaBytes> {
    const [from, to] = [join(this.folder, 'laptop', name), join(this.folder, 'phone', name)];
    await cp(before, from);
    await this.#run('laptop', ['put', name]);
    await this.#run('phone', ['get', name, name]);
    await cp(after, from);
    const put = await this.#run('laptop', ['put', name]);
    const get = await this.#run('phone', ['get', name, name]);
    await expectSame(from, to);
    const home = join(this.folder, 'laptop');
    const planned = lines(await valise(['plan', '--json', before, after], { home }))[0];
    await rm(from);
    await rm(to);
    return {
      size: (await stat(after)).size,
      changed: planned.changedBytes,
      planned: planned.uploadBytes,
      put: put.bytes,
      get: get.bytes,
      fixedBlocks: await fixedBlockBytes(before, after),
      milliseconds: { put: put.milliseconds, get: get.milliseconds },
    };
  }

  /** Bytes that rclone moves to replace the file by another, and to get that over an older copy. */
  async rclone(before: string, after: string): Promise<{ put: number; get: number }> {
    const rclone = await Rclone.on(this.#server.data, {
      RCLONE_CONFIG_STORE_ENDPOINT: this.#storeUrl,
    });
    const remote = rclone.remote('bench/rclone.bin');
    const back = join(this.folder, 'rclone.back');
    await cp(before, back);
    await rclone.run(['copyto', before, remote]);
    const put = await this.#counted(() => rclone.run(['copyto', after, remote]));
    const get = await this.#counted(() => rclone.run(['copyto', remote, back]));
    await rclone.run(['deletefile', remote]);
    await rm(back);
    return { put, get };
  }

  async #run(device: string, args: string[]): Promise<{ bytes: number; milliseconds: number }> {
    const home = join(this.folder, device);
    let milliseconds = 0;
    const bytes = await this.#counted(async () => {
      const started = performance.now();
      const { code, stderr } = await valise(args, { home });
      if (code !== 0) throw new Error(stderr);
      milliseconds = performance.now() - started;
    });
    return { bytes, milliseconds };
  }

  async #counted(work: () => Promise<unknown>): Promise<number> {
    const total = () => this.#proxies.reduce((sum, { up, down }) => sum + up + down, 0);
    const before = total();
    await work();
    return total() - before;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
    for (const proxy of this.#proxies) await proxy.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Rejects where they differ. */
async function expectSame(one: string, other: string): Promise<void> {
  await promisify(execFile)('cmp', [one, other]);
}
