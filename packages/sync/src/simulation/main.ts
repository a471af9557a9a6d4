/**
 * `npm run simulate -- planner|engine|sharing --runs N --seed S`: the long mode, and the replay of one seed.
 */
import { parseArgs } from 'node:util';
import { runEngines } from './engine-run.ts';
import { runPlanner } from './planner-run.ts';
import { runSharing } from './sharing-run.ts';

const SUITES: Readonly<Record<string, (seed: number) => unknown>> = {
  planner: runPlanner,
  engine: runEngines,
  sharing: runSharing,
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: 'string', default: '1' },
    seed: { type: 'string', default: '1' },
    show: { type: 'boolean', default: false },
  },
});
const [suite = 'planner'] = positionals;
const runs = Number(values.runs);
const first = Number(values.seed);
const run = SUITES[suite];
if (run === undefined) throw new Error(`No such simulation: ${suite}`);
for (let seed = first; seed < first + runs; seed++) {
  try {
    const result = await run(seed);
    if (values.show) process.stdout.write(`${JSON.stringify(result, null, 1)}\n`);
  } catch (error) {
    process.stdout.write(`Replay: npm run simulate -- ${suite} --seed ${seed}\n`);
    throw error;
  }
}
process.stdout.write(`${runs} runs of ${suite} from seed ${first} on: all in agreement\n`);
