import assert from 'node:assert/strict';
import { hash, randomBytes } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type ContentSource, createStreamHasher, isClientError } from '@valise/client';
import { HashPool } from '@valise/client/hashing';
import { manifestSize, recordCount } from '@valise/core/manifest';
import { partRange, planUpload } from '@valise/core/plan';
import { fileSource } from '../files/file-source.ts';
import { nodeAmbient } from '../node-ambient.ts';
import { createFileHasher } from './file-hasher.ts';
import type { HashTask } from './hash-task.ts';
import { WorkerHashThread } from './worker-hash-thread.ts';

const MIB = 1_048_576;
const hasher = createFileHasher({ threads: 2 });
const alone = createFileHasher({ threads: 1 });
const plain = createStreamHasher(nodeAmbient);
let folder = '';

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'valise-hashing-'));
});
after(async () => {
  await hasher.close();
  await alone.close();
  await rm(folder, { recursive: true });
});

async function sourceOf(name: string, ...parts: readonly Uint8Array[]) {
  const path = join(folder, name);
  await writeFile(path, Buffer.concat(parts));
  return fileSource(path);
}

/** The digests of the parts that an upload is going to have, each by itself. */
async function partsOf(source: ContentSource) {
  const plan = planUpload(source);
  const digests: Uint8Array[] = [];
  for (let number = 1; number <= plan.partCount; number++) {
    const { offset, size } = partRange(plan, number);
    digests.push(hash('sha256', await source.read(offset, size), 'buffer'));
  }
  return { size: plan.partSize, digests: new Uint8Array(Buffer.concat(digests)) };
}

const CONTENTS: Readonly<Record<string, readonly Uint8Array[]>> = {
  nothing: [],
  'one byte': [Uint8Array.of(7)],
  'just what is hashed inline': [randomBytes(16 * MIB - 1)],
  'just what is not': [randomBytes(16 * MIB)],
  'a few stretches': [randomBytes(40 * MIB + 321)],
  'zeros in which chains do not meet': [
    randomBytes(MIB + 13),
    Buffer.alloc(30 * MIB),
    randomBytes(99),
  ],
};

for (const [title, parts] of Object.entries(CONTENTS)) {
  test(`threads and one pass agree about ${title}`, async () => {
    const source = await sourceOf('content', ...parts);
    let progress = 0;
    const hashed = await hasher.hash(source, {
      withParts: true,
      onProgress: (bytes) => {
        progress += bytes;
      },
    });
    const { parts: hashedParts, ...content } = hashed;
    assert.deepEqual(content, await plain.hash(source));
    assert.deepEqual(await hasher.hash(source), content, 'no parts unless asked for');
    let told = 0;
    const onProgress = (bytes: number) => {
      told += bytes;
    };
    assert.deepEqual(await alone.hash(source, { onProgress }), content, 'on one thread');
    assert.equal(told, source.size);
    if (source.size >= 16 * MIB) assert.deepEqual(hashedParts, await partsOf(source));
    assert.equal(hashed.size, source.size);
    assert.equal(manifestSize(hashed.records), source.size);
    assert.equal(progress, source.size);
    await source.close();
  });
}

test('several files at once do not disturb one another', async () => {
  const names = ['a', 'b', 'c'];
  const sources = await Promise.all(names.map((name) => sourceOf(name, randomBytes(20 * MIB))));
  const hashed = await Promise.all(
    sources.map((source) => hasher.hash(source, { withParts: true })),
  );
  for (const [index, source] of sources.entries()) {
    const { parts, ...content } = hashed[index] ?? {};
    assert.deepEqual(content, await plain.hash(source));
    assert.deepEqual(parts, await partsOf(source));
    await source.close();
  }
});

test('an abort ends it with its reason, and the threads go on to the next file', async () => {
  const source = await sourceOf('aborted', randomBytes(48 * MIB));
  const control = new AbortController();
  const reason = new Error('enough');
  const onProgress = () => control.abort(reason);
  const work = hasher.hash(source, { signal: control.signal, onProgress });
  await assert.rejects(work, (error) => error === reason);
  const signal = control.signal;
  await assert.rejects(hasher.hash(source, { signal }), (error) => error === reason);
  assert.ok(recordCount((await hasher.hash(source)).records) > 40);
  await source.close();
});

test('a file that changed its size since it was opened is reported', async () => {
  const source = await sourceOf('shorter', randomBytes(17 * MIB));
  await truncate(source.path, 16 * MIB);
  await assert.rejects(hasher.hash(source), (error) => isClientError(error, 'content-changed'));
  await source.close();
});

test('a file that went away is reported', async () => {
  const source = await sourceOf('gone', randomBytes(17 * MIB));
  await rm(source.path);
  await assert.rejects(hasher.hash(source), (error) => isClientError(error, 'local-file'));
  await source.close();
});

test('closing ends what is under way', async () => {
  const own = createFileHasher({ threads: 1 });
  const source = await sourceOf('closed', randomBytes(48 * MIB));
  const work = own.hash(source, { onProgress: () => void own.close() });
  await assert.rejects(work, (error) => isClientError(error, 'cancelled'));
  await source.close();
});

test('the pool tells a short file and an unreadable one apart', async () => {
  const pool = new HashPool<HashTask>(1, () => new WorkerHashThread());
  const source = await sourceOf('short', randomBytes(100));
  const outcomeFor = async (path: string) => {
    const fd = openSync(path, 'r');
    try {
      return await pool.run({ task: { fd, size: 200, start: 0, until: 200 }, onProgress() {} });
    } finally {
      closeSync(fd);
    }
  };
  assert.deepEqual(await outcomeFor(source.path), { kind: 'changed' });
  const unreadable = await outcomeFor(folder);
  assert.ok(unreadable.kind === 'failed' && 'code' in unreadable.error);
  assert.equal(unreadable.error.code, 'EISDIR');
  await pool.close();
  await source.close();
});
