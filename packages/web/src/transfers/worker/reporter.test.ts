import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FromWorker } from '../protocol.ts';
import { Reporter } from './reporter.ts';
import { Transfer } from './transfer.ts';

test('news of thousands come in pieces that the page reads at once, each of the newest state', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const told: FromWorker[] = [];
  const reporter = new Reporter((message) => told.push(message));
  const transfers = Array.from({ length: 1_200 }, (_, n) => transferOf(`${n}`, reporter));
  for (const transfer of transfers) transfer.set('sending', 1);
  for (const transfer of transfers) transfer.set('done', 5);
  assert.equal(told.length, 0);
  t.mock.timers.tick(1_000);
  const states = told.flatMap((message) => (message.type === 'changed' ? message.transfers : []));
  assert.ok(told.length > 1);
  assert.deepEqual(
    states.map(({ id, phase }) => [id, phase]),
    transfers.map(({ id }) => [id, 'done']),
  );
});

function transferOf(id: string, reporter: Reporter): Transfer {
  const place = { tab: 'tab', userId: 'ann', parentId: null, path: [], handle: null };
  const file = { name: `${id}.txt`, size: 5, lastModified: 0, mimeType: 'text/plain' };
  return new Transfer({ id, ...place, ...file }, null, (changed) => reporter.changed(changed));
}
