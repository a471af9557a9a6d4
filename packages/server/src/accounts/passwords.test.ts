import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isAppError } from '@valise/core/errors';
import { createPasswords } from './passwords.ts';

describe('passwords', () => {
  test('fit or do not; a missing hash never fits', async () => {
    const passwords = createPasswords();
    const stored = await passwords.hash('correct horse');
    const admit = () => {};
    assert.equal(await passwords.verify(stored, 'correct horse', admit), true);
    assert.equal(await passwords.verify(stored, 'wrong horse', admit), false);
    assert.equal(await passwords.verify(undefined, 'nobody has this password', admit), false);
  });

  test('two at once, a hundred wait, the rest is told to come back', async () => {
    const passwords = createPasswords();
    const results = await Promise.allSettled(
      Array.from({ length: 110 }, () => passwords.verify(undefined, 'x', () => {})),
    );
    const refused = results.filter((result) => result.status === 'rejected');
    assert.equal(refused.length, 8);
    for (const { reason } of refused) assert.ok(isAppError(reason, 'rate-limited'));
    assert.equal(await passwords.verify(undefined, 'x', () => {}), false, 'turns come free again');
  });

  test('a refused admission gives the turn on', async () => {
    const passwords = createPasswords();
    const refuse = () => {
      throw new Error('no');
    };
    for (let n = 0; n < 5; n++) await assert.rejects(passwords.verify(undefined, 'x', refuse));
    assert.equal(await passwords.verify(undefined, 'x', () => {}), false);
  });
});
