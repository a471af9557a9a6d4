import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { fakeAmbient } from '../fakes/test-ambient.ts';
import { performInMemory } from '../fakes/test-stretch.ts';
import { hashBytes } from './hash-bytes.ts';
import type { HashOutcome } from './hash-pool.ts';
import { hashStretches, type StretchedContent } from './hash-stretches.ts';

const MIB = 1_048_576;
const ambient = fakeAmbient();

/** A content whose stretches are done at once, in whatever order `pause` lets them. */
function inMemory(
  content: Uint8Array,
  { threads = 3, ...more }: Partial<StretchedContent> = {},
): StretchedContent {
  return {
    size: content.length,
    threads,
    sha256: ambient.sha256,
    perform: async ({ task, onProgress }) => {
      onProgress(Math.min(task.until, task.size) - task.start);
      return performInMemory(content, task);
    },
    errorOf: ({ kind }) => new Error(kind),
    ...more,
  };
}

/** Random bytes and runs of zeros in turn: chains that began apart meet late in zeros. */
const contents = fc
  .array(fc.nat({ max: 9 * MIB }), { minLength: 1, maxLength: 4 })
  .map((sizes) =>
    Buffer.concat(sizes.map((size, at) => (at % 2 === 0 ? randomBytes(size) : Buffer.alloc(size)))),
  );

describe('a content in stretches', () => {
  test('has the list of one pass, whatever the number of threads', async () => {
    await fc.assert(
      fc.asyncProperty(contents, fc.integer({ min: 1, max: 9 }), async (content, threads) => {
        assert.deepEqual(
          await hashStretches(inMemory(content, { threads })),
          await hashBytes(content, ambient),
        );
      }),
      { numRuns: 20 },
    );
  });

  test('counts every byte once as progress', async () => {
    const content = randomBytes(13 * MIB);
    let bytes = 0;
    const onProgress = (more: number) => {
      bytes += more;
    };
    await hashStretches(inMemory(content), { onProgress });
    assert.equal(bytes, content.length);
  });

  test('a stretch that fails ends it, and the others are stopped before it settles', async () => {
    const content = new Uint8Array(30 * MIB);
    let reading = 0;
    const perform: StretchedContent['perform'] = async ({ task, signal }) => {
      if (task.start === 0) return { kind: 'changed' };
      reading++;
      const { promise, resolve } = Promise.withResolvers<HashOutcome>();
      signal?.addEventListener('abort', () => setImmediate(resolve, { kind: 'stopped' }));
      return promise.finally(() => reading--);
    };
    await assert.rejects(hashStretches(inMemory(content, { perform })), /changed/);
    assert.equal(reading, 0);
  });

  test('an abort ends it with its reason', async () => {
    const control = new AbortController();
    const reason = new Error('enough');
    const perform: StretchedContent['perform'] = async () => {
      control.abort(reason);
      return { kind: 'stopped' };
    };
    const content = inMemory(new Uint8Array(9 * MIB), { perform });
    const { signal } = control;
    await assert.rejects(hashStretches(content, { signal }), (error) => error === reason);
  });
});
