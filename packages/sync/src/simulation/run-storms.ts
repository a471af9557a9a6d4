import assert from 'node:assert/strict';
import { runEngines } from './engine-run.ts';

/** In each of the two test files, which run at the same time. */
export const STORMS = 2_500;

/**
 * Runs the engine with so many seeds. A failure names the command that replays it; `npm run simulate
 * -- engine --runs N --seed S` does as many as you like.
 */
export async function runStorms(first: number): Promise<void> {
  let editQuestions = 0;
  for (let seed = first; seed < first + STORMS; seed++) {
    try {
      editQuestions += (await runEngines(seed)).editQuestions;
    } catch (cause) {
      assert.fail(`${cause}\nReplay: npm run simulate -- engine --seed ${seed}`);
    }
  }
  assert.ok(editQuestions > 0, 'whatever was rewritten at once, nobody was asked');
}
