import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMetrics } from './metrics.ts';

test('pending uploads are counted anew each time, and left out while nobody can count', async () => {
  let count = async (): Promise<number> => 3;
  const metrics = createMetrics({ pendingUploads: () => count() });
  const shown = async () =>
    /^valise_uploads_pending (.+)$/m.exec((await metrics.render()).text)?.[1];
  assert.equal(await shown(), '3');
  count = async () => 0;
  assert.equal(await shown(), '0');
  count = () => Promise.reject(new Error('The database is away.'));
  assert.equal(await shown(), undefined);
  count = async () => 1;
  assert.equal(await shown(), '1');
});
