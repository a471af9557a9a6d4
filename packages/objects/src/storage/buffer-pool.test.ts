import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BufferPool } from './buffer-pool.ts';

test('a buffer that was given back is taken again, in the length that is asked for', () => {
  const pool = new BufferPool(1_000, 2);
  const first = pool.take(600);
  assert.equal(first.length, 600);
  pool.give(first);
  const second = pool.take(1_000);
  assert.equal(second.length, 1_000);
  assert.equal(second.buffer, first.buffer);
  assert.notEqual(pool.take(1_000).buffer, second.buffer);
});

test('no more are kept than were asked for, and none of another size', () => {
  const pool = new BufferPool(1_000, 2);
  const taken = [1, 2, 3].map(() => pool.take(1_000));
  const small = pool.take(10);
  assert.equal(small.buffer.byteLength, 10);
  for (const buffer of [small, ...taken]) pool.give(buffer);
  const kept = new Set(taken.slice(0, 2).map((buffer) => buffer.buffer));
  const again = [1, 2, 3].map(() => pool.take(1_000).buffer);
  assert.equal(again.filter((memory) => kept.has(memory)).length, 2);
});
