import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { MODES, runScenario, type Scenario } from './scenario-run.ts';

const file = new URL('./scenarios/two-parties.json', import.meta.url);
const scenarios = JSON.parse(readFileSync(file, 'utf8')) as readonly Scenario[];

describe('two devices', () => {
  for (const scenario of scenarios) {
    test(`${scenario.name}: online, offline, and killed at every step`, async () => {
      for (const mode of MODES) {
        await runScenario(scenario, { mode });
        for (const device of [0, 1]) {
          const kill = { device, step: 1 };
          while (await runScenario(scenario, { mode, kill })) kill.step++;
        }
      }
    });
  }
});
