import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { ClientError, hashBytes, isClientError } from '@valise/client';
import type { HashOutcome } from '@valise/client/hashing';
import fc from 'fast-check';
import { sha256 } from '../sha256.ts';
import { type BlobHasherDeps, createBlobHasher } from './blob-hasher.ts';
import { TestThread } from './test-thread.ts';

const MIB = 1_048_576;
const PART = 8 * MIB;

function threadsOf(make: () => TestThread = () => new TestThread()) {
  const threads: TestThread[] = [];
  const startThread: BlobHasherDeps['startThread'] = () => {
    const thread = make();
    threads.push(thread);
    return thread;
  };
  return { threads, startThread };
}

function fileOf(content: Uint8Array<ArrayBuffer>): File {
  return new File([content], 'movie.mp4');
}

/** The digests of a content's parts, each by itself. */
function partsOf(content: Uint8Array): Uint8Array {
  const digests: Uint8Array[] = [];
  for (let at = 0; at < content.length; at += PART) {
    digests.push(
      createHash('sha256')
        .update(content.subarray(at, at + PART))
        .digest(),
    );
  }
  return new Uint8Array(Buffer.concat(digests));
}

/** Random bytes and runs of zeros in turn: chains that began apart meet late in zeros. */
const contents = fc
  .array(fc.nat({ max: 30 * MIB }), { minLength: 1, maxLength: 3 })
  .map((sizes) =>
    sizes.map((size, at) =>
      at % 2 === 0 ? new Uint8Array(randomBytes(size)) : new Uint8Array(size),
    ),
  )
  .map((pieces) => new Uint8Array(Buffer.concat(pieces)));

describe('a file in several workers', () => {
  test('has the list of one pass, with its parts or without', async () => {
    await fc.assert(
      fc.asyncProperty(contents, fc.integer({ min: 0, max: 9 }), async (content, cores) => {
        const { startThread } = threadsOf();
        const hasher = createBlobHasher({ cores, startThread });
        const expected = await hashBytes(content, { sha256 });
        assert.deepEqual(await hasher.hash(fileOf(content)), expected);
        if (content.length <= PART) return;
        const parts = { size: PART, digests: partsOf(content) };
        const hashed = await hasher.hash(fileOf(content), { withParts: true });
        assert.deepEqual(hashed, { ...expected, parts });
      }),
      { numRuns: 12 },
    );
  });

  test('takes four workers at most, fewer for a smaller file, none afterwards', async () => {
    const { threads, startThread } = threadsOf();
    const hasher = createBlobHasher({ cores: 16, startThread });
    await hasher.hash(fileOf(new Uint8Array(20 * MIB)));
    assert.equal(threads.length, 2);
    const large = [1, 2].map(() => hasher.hash(fileOf(new Uint8Array(70 * MIB))));
    await Promise.all(large);
    assert.equal(threads.length, 6);
    assert.ok(threads.every(({ isAlive }) => !isAlive));
  });

  test('a file that can’t be read any more is reported', async () => {
    const { startThread } = threadsOf(
      () =>
        new (class extends TestThread {
          override perform = async (): Promise<HashOutcome> => ({ kind: 'changed' });
        })(),
    );
    const hasher = createBlobHasher({ cores: 2, startThread });
    await assert.rejects(hasher.hash(fileOf(new Uint8Array(9 * MIB))), (error) =>
      isClientError(error, 'content-changed'),
    );
  });

  test('a worker that dies fails its file, and the next file has a new one', async () => {
    const error = new ClientError('thread-died', 'out of memory');
    let deaths = 0;
    const { threads, startThread } = threadsOf(() => {
      const thread = new TestThread();
      if (deaths++ > 0) return thread;
      thread.perform = async () => {
        thread.isAlive = false;
        return { kind: 'failed', error };
      };
      return thread;
    });
    const hasher = createBlobHasher({ cores: 2, startThread });
    const content = new Uint8Array(randomBytes(20 * MIB));
    await assert.rejects(hasher.hash(fileOf(content)), (caught) => caught === error);
    const hashed = await hasher.hash(fileOf(content));
    assert.deepEqual(hashed, await hashBytes(content, { sha256 }));
    assert.ok(threads.every(({ isAlive }) => !isAlive));
  });

  test('an abort ends it with its reason', async () => {
    const { threads, startThread } = threadsOf();
    const hasher = createBlobHasher({ cores: 2, startThread });
    const control = new AbortController();
    const reason = new Error('enough');
    const { signal } = control;
    const onProgress = () => control.abort(reason);
    const work = hasher.hash(fileOf(new Uint8Array(200 * MIB)), { signal, onProgress });
    await assert.rejects(work, (error) => error === reason);
    assert.ok(threads.every(({ isAlive }) => !isAlive));
  });
});
