import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runSharing } from './sharing-run.ts';

/** `npm run simulate -- sharing --runs N --seed S` does as many as you like. */
const RUNS = 600;

test(`${RUNS.toLocaleString('en')} storms between people end in agreement, nothing is lost`, async () => {
  for (let seed = 1; seed <= RUNS; seed++) {
    try {
      await runSharing(seed);
    } catch (cause) {
      assert.fail(`${cause}\nReplay: npm run simulate -- sharing --seed ${seed}`);
    }
  }
});
