/**
 * The torture test: people put, get, move and delete files, over two API servers on one data
 * folder, while servers, store, database and the clients themselves are killed with SIGKILL at
 * random moments. In the end everything acknowledged must be there, whole; what was abandoned is a
 * whole file or none; and nothing stays unfinished or stored for nothing.
 *
 *   npm run torture -- --seconds 120 --seed 7 --runs 3
 */
import { parseArgs } from 'node:util';
import { torture } from './torture.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '120' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    runs: { type: 'string', default: '1' },
    settle: { type: 'string', default: '400' },
  },
});

for (let run = 0; run < Number(values.runs); run++) {
  const seed = Number(values.seed) + run;
  console.log(`torture: seed ${seed}, ${values.seconds} s`);
  const { faults, summary } = await torture({
    seed,
    seconds: Number(values.seconds),
    settleSeconds: Number(values.settle),
  });
  console.log(`torture: ${summary}`);
  for (const fault of faults) console.log(`torture: FAULT ${fault}`);
  console.log(faults.length === 0 ? 'torture: nothing lost' : `torture: replay: --seed ${seed}`);
  if (faults.length > 0) process.exitCode = 1;
}
