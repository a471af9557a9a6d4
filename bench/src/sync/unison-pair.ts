import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runProcess } from '../measure/run-process.ts';
import type { FolderPair } from './folder-pair.ts';

/** Unison between two local folders: no server, no network, a run whenever something changed. */
export class UnisonPair implements FolderPair {
  readonly name = 'Unison (local)';
  readonly left: string;
  readonly right: string;
  readonly #root: string;

  private constructor(root: string) {
    this.#root = root;
    this.left = join(root, 'left');
    this.right = join(root, 'right');
  }

  static async open(): Promise<UnisonPair> {
    const pair = new UnisonPair(await mkdtemp(join(tmpdir(), 'unison-bench-')));
    await mkdir(pair.left);
    await mkdir(pair.right);
    return pair;
  }

  start(): Promise<void> {
    return this.carry();
  }

  async carry(): Promise<void> {
    const args = [this.left, this.right, '-ui', 'text', '-batch', '-silent', '-times'];
    await runProcess('unison', args, { env: { UNISON: join(this.#root, 'archive') } });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#root, { recursive: true, force: true });
  }
}
