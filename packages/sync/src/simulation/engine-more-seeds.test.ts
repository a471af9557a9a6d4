import { test } from 'node:test';
import { runStorms, STORMS } from './run-storms.ts';

test(`${STORMS.toLocaleString('en')} more storms over the whole engine end in agreement`, async () => {
  await runStorms(1 + STORMS);
});
