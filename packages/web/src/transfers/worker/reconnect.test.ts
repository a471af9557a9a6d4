import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Reconnect } from './reconnect.ts';

function world(answers: readonly boolean[]) {
  const left = [...answers];
  const sleeping: PromiseWithResolvers<void>[] = [];
  const reconnect = new Reconnect({
    sleep: (_milliseconds, signal) => {
      const one = Promise.withResolvers<void>();
      signal.addEventListener('abort', () => one.reject(signal.reason));
      sleeping.push(one);
      return one.promise;
    },
    isUp: async () => left.shift() ?? true,
  });
  return { reconnect, sleeping, left };
}

const turn = () => new Promise((done) => setImmediate(done));

test('asks until the server answers, once for all who wait', async () => {
  const { reconnect, sleeping, left } = world([false, true, false]);
  const both = Promise.all([reconnect.whenUp(), reconnect.whenUp()]);
  sleeping[0]?.resolve();
  await turn();
  sleeping[1]?.resolve();
  await both;
  assert.equal(sleeping.length, 2);
  assert.deepEqual(left, [false]);
});

test('is woken early, and waits again after a false alarm', async () => {
  const { reconnect, sleeping } = world([false, true]);
  let isUp = false;
  const waiting = reconnect.whenUp().then(() => {
    isUp = true;
  });
  reconnect.wake();
  await turn();
  assert.equal(isUp, false);
  assert.equal(sleeping.length, 2);
  reconnect.wake();
  await waiting;
});
