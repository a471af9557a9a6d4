import assert from 'node:assert/strict';
import { test } from 'node:test';
import { skipUnlessEmbedded } from '../harness/store.ts';
import { torture } from './torture.ts';

/** Uploads that nobody completes may still be waiting for the sweeper: longer runs wait for it. */
const SHORT = { seed: 7, seconds: 30, settleSeconds: 0 };

test('half a minute of torture loses nothing', { skip: skipUnlessEmbedded }, async (t) => {
  const { faults, summary } = await torture(SHORT);
  t.diagnostic(summary);
  assert.deepEqual(faults, []);
});
