import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestServer } from '@valise/acceptance/harness/server';
import { Rclone } from '../peers/rclone.ts';
import type { FolderPair } from './folder-pair.ts';

/** `rclone bisync` of two folders with one bucket of an embedded store, 32 transfers at once. */
export class BisyncPair implements FolderPair {
  readonly name = 'rclone bisync';
  readonly left: string;
  readonly right: string;
  readonly #root: string;
  readonly #server: TestServer;
  readonly #rclone: Rclone;

  private constructor(root: string, server: TestServer, rclone: Rclone) {
    this.#root = root;
    this.#server = server;
    this.#rclone = rclone;
    this.left = join(root, 'left');
    this.right = join(root, 'right');
  }

  static async open(): Promise<BisyncPair> {
    const server = await TestServer.start();
    const root = await mkdtemp(join(tmpdir(), 'bisync-bench-'));
    const pair = new BisyncPair(root, server, await Rclone.on(server.data));
    await mkdir(pair.left);
    await mkdir(pair.right);
    // It refuses to go on from an empty folder.
    await writeFile(join(pair.left, 'first'), 'first');
    return pair;
  }

  async start(): Promise<void> {
    await this.#run('left', ['--resync']);
    await this.#run('right', ['--resync']);
  }

  async carry(): Promise<void> {
    await this.#run('left', []);
    await this.#run('right', []);
  }

  async #run(side: 'left' | 'right', more: readonly string[]): Promise<void> {
    const remote = this.#rclone.remote('bisync');
    const fixed = ['--workdir', join(this.#root, `${side}-state`), '--transfers', '32', '--force'];
    await this.#rclone.run(['bisync', this[side], remote, ...fixed, ...more]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
    await rm(this.#root, { recursive: true, force: true });
  }
}
