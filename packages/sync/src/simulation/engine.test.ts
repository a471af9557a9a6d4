import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { runEngines } from './engine-run.ts';

/** `npm run simulate -- engine --runs N --seed S` does as many as you like. */
const RUNS = 5_000;

describe('the whole engine in simulation', () => {
  test(`${RUNS.toLocaleString('en')} storms end in agreement, and nothing is lost`, async () => {
    let editQuestions = 0;
    for (let seed = 1; seed <= RUNS; seed++) {
      try {
        editQuestions += (await runEngines(seed)).editQuestions;
      } catch (cause) {
        assert.fail(`${cause}\nReplay: npm run simulate -- engine --seed ${seed}`);
      }
    }
    assert.ok(editQuestions > 0, 'whatever was rewritten at once, nobody was asked');
  });

  test('the same seed gives the same run, operation by operation', async () => {
    for (let seed = 1; seed <= 50; seed++) {
      assert.deepEqual(await runEngines(seed), await runEngines(seed));
    }
  });
});
