import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type HashJob, type HashOutcome, HashPool, type HashThread } from './hash-pool.ts';

const DONE: HashOutcome = {
  kind: 'done',
  chain: { start: 0, ends: new Float64Array(), digests: new Uint8Array() },
  partDigests: new Uint8Array(),
};

/** A thread whose task ends when the test says so. */
class FakeThread implements HashThread<string> {
  isAlive = true;
  task: string | null = null;
  #settle: (outcome: HashOutcome) => void = () => {};

  async perform({ task }: HashJob<string>): Promise<HashOutcome> {
    this.task = task;
    const { promise, resolve } = Promise.withResolvers<HashOutcome>();
    this.#settle = resolve;
    return promise;
  }

  finish(outcome: HashOutcome = DONE): void {
    this.task = null;
    this.#settle(outcome);
  }

  async end(): Promise<void> {
    this.isAlive = false;
    this.finish({ kind: 'stopped' });
  }
}

function poolOf(size: number) {
  const threads: FakeThread[] = [];
  const pool = new HashPool<string>(size, () => {
    const thread = new FakeThread();
    threads.push(thread);
    return thread;
  });
  const run = (task: string, more: { urgent?: boolean; signal?: AbortSignal } = {}) =>
    pool.run({ task, onProgress() {}, ...more });
  return { pool, threads, run };
}

describe('the pool of hashing threads', () => {
  test('starts no more threads than it may, and uses them again', async () => {
    const { threads, run } = poolOf(2);
    const runs = ['a', 'b', 'c'].map((task) => run(task));
    assert.deepEqual(
      threads.map(({ task }) => task),
      ['a', 'b'],
    );
    threads[0]?.finish();
    await runs[0];
    assert.deepEqual(
      threads.map(({ task }) => task),
      ['c', 'b'],
    );
  });

  test('what somebody waits for goes before the others', async () => {
    const { threads, run } = poolOf(1);
    const first = run('a');
    void run('b');
    void run('c', { urgent: true });
    threads[0]?.finish();
    await first;
    assert.equal(threads[0]?.task, 'c');
  });

  test('a thread that died is replaced, and its task alone has failed', async () => {
    const { threads, run } = poolOf(1);
    const [first, second] = [run('a'), run('b')];
    const [dying] = threads;
    assert.ok(dying);
    dying.isAlive = false;
    dying.finish({ kind: 'failed', error: new Error('died') });
    assert.equal((await first).kind, 'failed');
    assert.equal(threads[1]?.task, 'b');
    threads[1]?.finish();
    assert.equal((await second).kind, 'done');
  });

  test('a thread that died without work is given none', async () => {
    const { threads, run } = poolOf(1);
    const first = run('a');
    threads[0]?.finish();
    await first;
    await threads[0]?.end();
    void run('b');
    assert.equal(threads[1]?.task, 'b');
  });

  test('an abort takes what waits out of the queue at once', async () => {
    const { threads, run } = poolOf(1);
    const control = new AbortController();
    const first = run('a');
    const second = run('b', { signal: control.signal });
    control.abort();
    assert.deepEqual(await second, { kind: 'stopped' });
    threads[0]?.finish();
    await first;
    assert.equal(threads[0]?.task, null);
    assert.deepEqual(await run('c', { signal: control.signal }), { kind: 'stopped' });
  });

  test('closing stops everything; idle threads can be ended before', async () => {
    const { pool, threads, run } = poolOf(1);
    const first = run('a');
    threads[0]?.finish();
    await first;
    await pool.endIdle();
    assert.equal(threads[0]?.isAlive, false);
    const others = [run('b'), run('c')];
    assert.equal(threads[1]?.task, 'b');
    await pool.close();
    assert.deepEqual(
      (await Promise.all(others)).map(({ kind }) => kind),
      ['stopped', 'stopped'],
    );
    assert.deepEqual(await run('d'), { kind: 'stopped' });
  });

  test('does with the threads that could be started; where there are none, tasks fail', async () => {
    const threads: FakeThread[] = [];
    const pool = new HashPool<string>(2, () => {
      if (threads.length === 1) throw new Error('the system has no more');
      const thread = new FakeThread();
      threads.push(thread);
      return thread;
    });
    const run = (task: string) => pool.run({ task, onProgress() {} });
    const runs = ['a', 'b'].map(run);
    threads[0]?.finish();
    await runs[0];
    assert.equal(threads[0]?.task, 'b');
    threads[0]?.finish();
    assert.equal((await runs[1])?.kind, 'done');
    await pool.endIdle();
    const outcome = await run('c');
    assert.equal(outcome.kind, 'failed');
    assert.match(String(outcome.kind === 'failed' && outcome.error), /the system has no more/);
  });
});
