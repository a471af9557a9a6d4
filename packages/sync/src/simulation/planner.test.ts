import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runPlanner } from './planner-run.ts';

/** `npm run simulate -- planner --runs N --seed S` does as many as you like. */
const RUNS = 200_000;

test(`the planner alone brings ${RUNS.toLocaleString('en')} random triples into agreement`, () => {
  for (let seed = 1; seed <= RUNS; seed++) {
    try {
      runPlanner(seed);
    } catch (cause) {
      assert.fail(`${cause}\nReplay: npm run simulate -- planner --seed ${seed}`);
    }
  }
});
