import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isAppError } from '@valise/core/errors';
import fc from 'fast-check';
import { createRateLimiter, type RateLimiter } from './rate-limiter.ts';

function limiterAt(clock: { ms: number }, limit: number, windowMs: number): RateLimiter {
  return createRateLimiter({ limit, windowMs, now: () => new Date(clock.ms), what: 'tries' });
}

/** Seconds to wait, or 0 when the event passed. */
function tryTake(limiter: RateLimiter, key = 'k'): number {
  try {
    limiter.take(key);
    return 0;
  } catch (error) {
    assert.ok(isAppError(error, 'rate-limited'));
    return error.retryAfter ?? Number.NaN;
  }
}

describe('rate limiter', () => {
  test('no window ever holds more than the limit, and nothing is refused without need', () => {
    const steps = fc.array(fc.nat({ max: 400 }), { maxLength: 200 });
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 7 }), (gaps, limit) => {
        const clock = { ms: 1_000_000 };
        const limiter = limiterAt(clock, limit, 1000);
        const passed: number[] = [];
        for (const gap of gaps) {
          clock.ms += gap;
          const inWindow = passed.filter((time) => time > clock.ms - 1000).length;
          const waits = tryTake(limiter) > 0;
          assert.equal(waits, inWindow >= limit);
          if (!waits) passed.push(clock.ms);
        }
      }),
    );
  });

  test('who waits as told gets in', () => {
    const clock = { ms: 0 };
    const limiter = limiterAt(clock, 2, 60_000);
    tryTake(limiter);
    clock.ms = 20_500;
    tryTake(limiter);
    const seconds = tryTake(limiter);
    assert.equal(seconds, 40);
    clock.ms += seconds * 1000;
    assert.equal(tryTake(limiter), 0);
  });

  test('keys are apart; check counts nothing; refund gives back', () => {
    const limiter = limiterAt({ ms: 0 }, 1, 1000);
    limiter.check('a');
    limiter.check('a');
    assert.equal(tryTake(limiter, 'a'), 0);
    assert.throws(() => limiter.check('a'), { code: 'rate-limited' });
    assert.equal(tryTake(limiter, 'b'), 0);
    limiter.refund('a');
    assert.equal(tryTake(limiter, 'a'), 0);
  });

  test('a flood of keys is forgotten rather than kept', () => {
    const limiter = limiterAt({ ms: 0 }, 1, 1000);
    for (let n = 0; n < 50_001; n++) limiter.take(`${n}`);
    assert.equal(tryTake(limiter, '0'), 0, 'the oldest made room');
    assert.ok(tryTake(limiter, '50000') > 0, 'the newest is known');
  });
});
