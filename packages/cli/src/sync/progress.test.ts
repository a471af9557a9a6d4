import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AgentEvent } from '@valise/sync';
import { createProgress } from './progress.ts';

const upload = (path: string): AgentEvent['operation'] => {
  const place = { parentId: 'root', name: path };
  return { kind: 'remote-upload', id: path, ...place, baseVersion: null, isEdit: false };
};

test('one large file: how long by its bytes, and which', () => {
  let time = 0;
  const progress = createProgress(() => time);
  const operation = upload('film');
  progress.event({ kind: 'started', operation, path: 'film', size: 100_000_000 });
  for (let sent = 0; sent <= 20_000_000; sent += 1_000_000) {
    progress.tick({ state: 'working', pending: 1, sent, received: 0 });
    time += 200;
  }
  const { doing, bytesPerSecond, secondsLeft } = progress.now();
  assert.equal(doing, 'sending film');
  assert.equal(bytesPerSecond, 5_000_000);
  assert.equal(secondsLeft, 16);
  progress.event({ kind: 'done', operation, path: 'film', size: 100_000_000 });
  progress.tick({ state: 'idle', pending: 0, sent: 100_000_000, received: 0 });
  assert.deepEqual(progress.now(), { doing: null, bytesPerSecond: 0, secondsLeft: null });
});

test('many small ones: how long by how many', () => {
  let time = 0;
  const progress = createProgress(() => time);
  for (let count = 0; count < 50; count++) {
    const about = { operation: upload(`${count}`), path: `${count}`, size: 10 };
    progress.event({ kind: 'started', ...about });
    progress.tick({ state: 'working', pending: 1_000 - count, sent: count * 10, received: 0 });
    progress.event({ kind: 'done', ...about });
    time += 100;
  }
  // Ten a second.
  assert.ok(Math.abs((progress.now().secondsLeft ?? 0) - 96) <= 2, `${progress.now().secondsLeft}`);
});
