import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { hashBytes } from '@valise/client';
import { nodeAmbient } from '../node-ambient.ts';
import { hashStream } from './hash-stream.ts';

async function* piecesOf(content: Uint8Array, size: number) {
  for (let at = 0; at < content.length; at += size) yield content.subarray(at, at + size);
}

for (const [length, piece] of [
  [0, 1],
  [5, 2],
  [3_000_000, 65_536],
  [3_000_000, 1_000_001],
] as const) {
  test(`a stream of ${length} bytes in pieces of ${piece} is what it is in memory`, async () => {
    const content = randomBytes(length);
    const expected = await hashBytes(content, nodeAmbient);
    assert.deepEqual(await hashStream(piecesOf(content, piece)), expected);
  });
}

test('an abort ends it with its reason', async () => {
  const reason = new Error('enough');
  const work = hashStream(piecesOf(randomBytes(10), 3), { signal: AbortSignal.abort(reason) });
  await assert.rejects(work, (error) => error === reason);
});
