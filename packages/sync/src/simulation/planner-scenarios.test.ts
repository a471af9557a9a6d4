import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { readTriple, type TripleText } from '../testing/triple-text.ts';
import { ANSWERS, runTriple } from './planner-run.ts';

/** Orders of operations, and choices of what is left out. */
const SEEDS = 50;

const file = new URL('./scenarios/planner.json', import.meta.url);
const scenarios = JSON.parse(readFileSync(file, 'utf8')) as readonly (TripleText & {
  readonly name: string;
})[];

describe('the planner alone', () => {
  for (const { name, ...text } of scenarios) {
    test(name, () => {
      for (const answer of ANSWERS) {
        for (let seed = 1; seed <= SEEDS; seed++) runTriple(readTriple(text), { answer, seed });
      }
    });
  }
});
