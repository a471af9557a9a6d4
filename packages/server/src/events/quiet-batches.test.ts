import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { createQuietBatches } from './quiet-batches.ts';

beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }));
afterEach(() => mock.timers.reset());

function rig(work: (keys: readonly string[]) => Promise<unknown> = async () => undefined) {
  const bundles: (readonly string[])[] = [];
  const faults: unknown[] = [];
  const batches = createQuietBatches({
    quietMs: 200,
    longestMs: 60_000,
    work: (keys) => {
      bundles.push(keys);
      return work(keys);
    },
    onFault: (error) => faults.push(error),
  });
  return { batches, bundles, faults };
}

test('a batch is worked off when it has been quiet, doubled keys once', async () => {
  const { batches, bundles } = rig();
  void batches.add('p/1');
  mock.timers.tick(150);
  void batches.add('p/2');
  const again = batches.add('p/1');
  mock.timers.tick(150);
  assert.deepEqual(bundles, []);
  assert.equal(batches.waiting, 2);
  mock.timers.tick(50);
  await again;
  assert.deepEqual(bundles, [['p/1', 'p/2']]);
  assert.equal(batches.waiting, 0);
});

test('what gets quiet during the work is the next bundle, all together', async () => {
  const first = Promise.withResolvers<void>();
  const { batches, bundles } = rig(() => first.promise);
  void batches.add('p/1');
  mock.timers.tick(200);
  const others = [batches.add('q/1'), batches.add('r/1')];
  mock.timers.tick(200);
  assert.deepEqual(bundles, [['p/1']]);
  first.resolve();
  await Promise.all(others);
  assert.deepEqual(bundles, [['p/1'], ['q/1', 'r/1']]);
});

test('failed work is told, and the next one tried', async () => {
  const { batches, bundles, faults } = rig(async (keys) => {
    if (keys.includes('p/1')) throw new Error('away');
  });
  const failing = batches.add('p/1');
  mock.timers.tick(200);
  await assert.rejects(failing, /away/);
  const next = batches.add('p/2');
  mock.timers.tick(200);
  await next;
  assert.equal(faults.length, 1);
  assert.deepEqual(bundles, [['p/1'], ['p/2']]);
});

test('a close forgets what waits and lets the running work finish', async () => {
  const running = Promise.withResolvers<void>();
  const { batches, bundles } = rig(() => running.promise);
  const begun = batches.add('p/1');
  mock.timers.tick(200);
  const waiting = batches.add('q/1');
  const closed = batches.close();
  await assert.rejects(waiting, /stopping/);
  running.resolve();
  await closed;
  await begun;
  mock.timers.tick(1000);
  assert.deepEqual(bundles, [['p/1']]);
});
