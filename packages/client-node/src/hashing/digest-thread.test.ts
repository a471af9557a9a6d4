import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { afterEach, describe, test } from 'node:test';
import { threadedAmbient } from '../node-ambient.ts';
import { DigestThread } from './digest-thread.ts';

const threads: DigestThread[] = [];

afterEach(async () => {
  for (const thread of threads.splice(0)) await thread.close();
});

function ambient() {
  const thread = new DigestThread();
  threads.push(thread);
  return threadedAmbient(thread);
}

function expected(bytes: Uint8Array, sizes: readonly number[]): Buffer {
  let at = 0;
  const digests = sizes.map((size) => {
    at += size;
    return createHash('sha256')
      .update(bytes.subarray(at - size, at))
      .digest();
  });
  return Buffer.concat(digests);
}

describe('digests of pieces', () => {
  for (const size of [1_000, 3_000_000]) {
    test(`${size} bytes, several times at once`, async () => {
      const { allocate, sha256Each } = ambient();
      const tasks = Array.from({ length: 5 }, () => {
        const bytes = allocate(size + 8).subarray(8);
        bytes.set(randomBytes(size));
        return { bytes, sizes: [1, size - 3, 2] };
      });
      const digests = await Promise.all(tasks.map(({ bytes, sizes }) => sha256Each(bytes, sizes)));
      for (const [n, { bytes, sizes }] of tasks.entries()) {
        assert.deepEqual(Buffer.from(digests[n] ?? []), expected(bytes, sizes));
      }
    });
  }

  test('a closed thread fails what it was at', async () => {
    const { allocate, sha256Each } = ambient();
    const digests = sha256Each(allocate(64_000_000), [64_000_000]);
    await Promise.all([assert.rejects(digests, /closed/), threads[0]?.close()]);
  });
});
