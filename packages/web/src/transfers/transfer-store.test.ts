import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Phase, TransferState } from './protocol.ts';
import { TransferStore } from './transfer-store.ts';

const transfer = (id: string, phase: Phase, bytes = 0): TransferState => ({
  id,
  name: id,
  folder: '',
  size: 100,
  mimeType: 'text/plain',
  phase,
  bytes,
});

test('counts what is going on, and leaves out what was given up', () => {
  const store = new TransferStore();
  let told = 0;
  store.subscribe(() => told++);
  store.change(
    [
      transfer('a', 'done'),
      transfer('b', 'sending', 40),
      transfer('c', 'hashing', 70),
      transfer('d', 'cancelled'),
    ],
    0,
  );
  const { active, done, total, bytes } = store.snapshot();
  assert.deepEqual({ active, done, total, bytes }, { active: 2, done: 1, total: 300, bytes: 140 });
  store.forget(['a'], 0);
  assert.equal(store.snapshot().all.length, 3);
  assert.equal(told, 2);
});

test('speed is that of the last seconds, and none when nothing moves', () => {
  const store = new TransferStore();
  for (let second = 0; second <= 9; second++) {
    store.change([transfer('a', 'sending', second * 10)], second * 1_000);
  }
  assert.equal(store.snapshot().speed, 10);
  store.change([transfer('a', 'paused', 90)], 10_000);
  assert.equal(store.snapshot().speed, 0);
});
