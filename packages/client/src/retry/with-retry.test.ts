import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '@valise/core/errors';
import { ClientError } from '../errors/client-error.ts';
import { fakeAmbient } from '../fakes/test-ambient.ts';
import { LONG_PATIENCE, withRetry } from './with-retry.ts';

async function patienceWith(error: Error) {
  const ambient = fakeAmbient();
  let tries = 0;
  const work = async () => {
    tries++;
    throw error;
  };
  await assert.rejects(withRetry(work, { ambient, policy: LONG_PATIENCE }), error);
  return { tries, waited: ambient.pauses.reduce((sum, pause) => sum + pause, 0) };
}

test('what passes by itself is waited for about a minute', async () => {
  const { tries, waited } = await patienceWith(new AppError('store-unavailable'));
  assert.equal(tries, LONG_PATIENCE.attempts);
  assert.ok(waited > 30_000);
});

test('a full store is given up within seconds', async () => {
  const { tries, waited } = await patienceWith(
    new AppError('storage-full', undefined, { retryAfter: 30 }),
  );
  assert.equal(tries, 4);
  assert.ok(waited < 3_000);
});

test('what is permanent is not tried again', async () => {
  for (const error of [new AppError('forbidden'), new ClientError('store-refused')]) {
    assert.deepEqual(await patienceWith(error), { tries: 1, waited: 0 });
  }
});

test('a server may ask for patience, but not for more than a minute at once', async () => {
  const { waited } = await patienceWith(new AppError('rate-limited', '', { retryAfter: 3_600 }));
  const pauses = LONG_PATIENCE.attempts - 1;
  assert.ok(waited >= pauses * 60_000 && waited < pauses * 71_000);
});
