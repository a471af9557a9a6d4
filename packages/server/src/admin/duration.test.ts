import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDuration } from './duration.ts';

test('durations', () => {
  assert.deepEqual(
    ['0s', '15m', '12h', '7d'].map(parseDuration),
    [0, 900_000, 43_200_000, 604_800_000],
  );
  for (const text of ['', '7', 'd', '-1d', '1.5h', '7 d', '7w']) {
    assert.throws(() => parseDuration(text), /no duration/, text);
  }
});
