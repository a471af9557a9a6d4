import assert from 'node:assert/strict';
import { test } from 'node:test';
import { atIntervals } from './at-intervals.ts';

function world() {
  const stop = new AbortController();
  const works: (() => void)[] = [];
  const pauses: (() => void)[] = [];
  const pending = (list: (() => void)[]) => new Promise<void>((resolve) => list.push(resolve));
  const ask = atIntervals(() => pending(works), {
    pauseMs: 2_000,
    ambient: { sleep: () => pending(pauses) },
    signal: stop.signal,
  });
  const end = async (list: (() => void)[]) => {
    list.at(-1)?.();
    await new Promise(setImmediate);
  };
  return { ask, works, pauses, stop, end };
}

test('the first is done at once; those that come meanwhile are one more, after a pause', async () => {
  const { ask, works, pauses, end } = world();
  ask();
  assert.equal(works.length, 1);
  ask();
  await end(works);
  ask();
  assert.deepEqual([works.length, pauses.length], [1, 1]);
  await end(pauses);
  assert.equal(works.length, 2);
  await end(works);
  await end(pauses);
  assert.equal(works.length, 2, 'nobody asked any more');
  ask();
  assert.equal(works.length, 3);
});

test('nothing is begun after the end', async () => {
  const { ask, works, pauses, stop, end } = world();
  ask();
  ask();
  await end(works);
  stop.abort();
  await end(pauses);
  ask();
  assert.equal(works.length, 1);
});
