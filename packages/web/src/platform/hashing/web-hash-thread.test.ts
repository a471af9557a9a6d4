import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { isClientError } from '@valise/client';
import type { HashOutcome } from '@valise/client/hashing';
import type { HashReply, HashTask } from './hash-task.ts';
import { WebHashThread } from './web-hash-thread.ts';

const TASK: HashTask = { file: new File([], 'movie.mp4'), size: 0, start: 0, until: 0 };

/** As much of a Web Worker as its page sees. */
class FakeWorker extends EventTarget {
  readonly tasks: unknown[] = [];
  isTerminated = false;

  postMessage(task: unknown): void {
    this.tasks.push(task);
  }

  terminate(): void {
    this.isTerminated = true;
  }

  reply(data: HashReply): void {
    this.dispatchEvent(Object.assign(new Event('message'), { data }));
  }
}

describe('a worker that hashes', () => {
  let worker: FakeWorker;
  let thread: WebHashThread;
  let bytes: number;

  beforeEach(() => {
    worker = new FakeWorker();
    thread = new WebHashThread(worker as unknown as Worker);
    bytes = 0;
  });

  const perform = (signal?: AbortSignal) =>
    thread.perform({
      task: TASK,
      signal,
      onProgress: (more) => {
        bytes += more;
      },
    });

  function assertDied(outcome: HashOutcome, why: RegExp): void {
    assert.ok(outcome.kind === 'failed' && isClientError(outcome.error, 'thread-died'));
    assert.match(outcome.error.message, why);
  }

  test('is given the task, tells how far it is, and what came of it', async () => {
    const work = perform();
    assert.deepEqual(worker.tasks, [TASK]);
    worker.reply({ kind: 'progress', bytes: 3 });
    worker.reply({ kind: 'changed' });
    assert.deepEqual(await work, { kind: 'changed' });
    assert.equal(bytes, 3);
    assert.equal(thread.isAlive, true);
  });

  test('that reports a failure says so, and goes on', async () => {
    const work = perform();
    worker.reply({ kind: 'failed', message: 'RangeError: no memory' });
    assertDied(await work, /no memory/);
    assert.equal(thread.isAlive, true);
  });

  test('that dies, or never came to life, fails its task', async () => {
    const work = perform();
    worker.dispatchEvent(new Event('error'));
    assertDied(await work, /didn’t load/);
    assert.equal(thread.isAlive, false);
    assert.equal(worker.isTerminated, true);
  });

  test('is ended by an abort, whatever it does', async () => {
    const control = new AbortController();
    const work = perform(control.signal);
    control.abort();
    assert.deepEqual(await work, { kind: 'stopped' });
    assert.equal(worker.isTerminated, true);
    assert.equal(thread.isAlive, false);
  });
});
