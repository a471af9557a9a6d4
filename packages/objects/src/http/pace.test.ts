import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { atPace, humanPace } from './pace.ts';

/** Pieces of `size` bytes that arrive one second after they are asked for. */
async function receive(size: number, count: number, thinking = 0): Promise<number> {
  let clock = 0;
  async function* source(): AsyncGenerator<Buffer> {
    for (let i = 0; i < count; i += 1) {
      clock += 1000;
      yield Buffer.alloc(size);
    }
  }
  let received = 0;
  for await (const bytes of atPace(source(), humanPace, () => clock)) {
    received += bytes.length;
    clock += thinking;
  }
  return received;
}

describe('a body', () => {
  it('may come slowly, and to a slow disk', async () => {
    assert.equal(await receive(1100, 1000), 1_100_000);
    assert.equal(await receive(1100, 100, 60_000), 110_000);
  });

  it('is given up when it only trickles', async () => {
    await assert.rejects(receive(10, 1000), { code: 'RequestTimeout' });
  });
});
