import type { HashJob, HashOutcome, HashThread } from '@valise/client/hashing';
import { hashBlobStretch } from './hash-blob-stretch.ts';
import type { HashTask } from './hash-task.ts';

/** Does on the calling thread what a worker does on its own. */
export class TestThread implements HashThread<HashTask> {
  isAlive = true;

  async perform({ task, onProgress, signal }: HashJob<HashTask>): Promise<HashOutcome> {
    const hashed = await hashBlobStretch(task, onProgress);
    return signal?.aborted || !this.isAlive ? { kind: 'stopped' } : { kind: 'done', ...hashed };
  }

  async end(): Promise<void> {
    this.isAlive = false;
  }
}
