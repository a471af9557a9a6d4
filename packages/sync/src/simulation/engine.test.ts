import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { runEngines } from './engine-run.ts';
import { runStorms, STORMS } from './run-storms.ts';

describe('the whole engine in simulation', () => {
  test(`${STORMS.toLocaleString('en')} storms end in agreement, and nothing is lost`, async () => {
    await runStorms(1);
  });

  test('the same seed gives the same run, operation by operation', async () => {
    for (let seed = 1; seed <= 50; seed++) {
      assert.deepEqual(await runEngines(seed), await runEngines(seed));
    }
  });
});
