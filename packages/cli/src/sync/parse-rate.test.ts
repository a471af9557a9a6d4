import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRate } from './parse-rate.ts';

test('a rate is bytes a second, in decimal units', () => {
  assert.equal(parseRate('300000'), 300_000);
  assert.equal(parseRate('500k'), 500_000);
  assert.equal(parseRate('500 kB/s'), 500_000);
  assert.equal(parseRate('1.5M'), 1_500_000);
  assert.equal(parseRate('2g'), 2_000_000_000);
});

test('anything else is refused', () => {
  for (const text of ['', 'fast', '-5k', '0', '12', '5kk', 'k', '1e9']) {
    assert.throws(() => parseRate(text), /Bytes a second/, text);
  }
});
