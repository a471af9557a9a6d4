/** `npm run simulate -- planner --runs N --seed S`: the long mode, and the replay of one seed. */
import { parseArgs } from 'node:util';
import { runPlanner } from './planner-run.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { runs: { type: 'string', default: '1' }, seed: { type: 'string', default: '1' } },
});
const [suite = 'planner'] = positionals;
const runs = Number(values.runs);
const first = Number(values.seed);
if (suite !== 'planner') throw new Error(`No such simulation: ${suite}`);
let most = 0;
for (let seed = first; seed < first + runs; seed++) {
  try {
    most = Math.max(most, runPlanner(seed).rounds);
  } catch (error) {
    process.stdout.write(`Replay: npm run simulate -- planner --seed ${seed}\n`);
    throw error;
  }
}
process.stdout.write(`${runs} runs, at most ${most} rounds\n`);
