import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ClientError, failureCode } from '../errors/client-error.ts';
import {
  assertSameBytes,
  type FakeSink,
  type FakeSource,
  fakeSink,
  fakeSource,
  noise,
} from '../fakes/test-content.ts';
import { fakeWorld } from '../fakes/test-world.ts';
import { hashBytes } from '../hashing/hash-bytes.ts';
import { downloadMany } from './download-many.ts';
import type { DownloadItem, DownloadOutcome } from './download-request.ts';

type Item = DownloadItem & { readonly sink: FakeSink };

async function worldOf(sizes: readonly number[]) {
  const world = fakeWorld();
  const items: Item[] = [];
  for (const [at, size] of sizes.entries()) {
    const bytes = noise(size, `${at}`);
    const { records, fingerprint } = await hashBytes(bytes, world.ambient);
    items.push({ file: world.server.add(bytes, records, fingerprint), sink: fakeSink() });
  }
  const outcomes: DownloadOutcome<Item>[] = [];
  const run = (signal?: AbortSignal) =>
    downloadMany(world.deps, items, { signal, onOutcome: (outcome) => outcomes.push(outcome) });
  return { ...world, items, outcomes, run };
}

describe('downloading many files', () => {
  test('300 small files take two calls, large ones go beside them', async () => {
    const sizes = [...Array.from({ length: 300 }, (_, at) => at), 9_000_000];
    const { items, outcomes, run, transport } = await worldOf(sizes);
    await run();
    assert.equal(outcomes.filter(({ kind }) => kind === 'done').length, 301);
    for (const [at, { sink }] of items.entries()) {
      assertSameBytes(sink.target, noise(sizes[at] ?? 0, `${at}`));
    }
    assert.equal(transport.log.filter((line) => line.startsWith('POST')).length, 2);
  });

  for (const times of [1, 9]) {
    test(`one that is stored compressed and comes undecodable ${times} times`, async () => {
      const { items, outcomes, run, transport, server } = await worldOf([5_000]);
      const [item] = items;
      assert.ok(item);
      Object.assign(item, { file: { ...item.file, contentEncoding: 'gzip', storedSize: 900 } });
      let broken = 0;
      transport.intercept = (request) => {
        if (!request.url.startsWith('https://store.test/')) return null;
        assert.equal(request.decode, true);
        assert.equal(request.into, undefined);
        if (broken++ >= times) return null;
        return { ...server.handle(request), breaksWith: new ClientError('content-corrupt') };
      };
      await run();
      const [outcome] = outcomes;
      if (times === 1) return assertSameBytes(item.sink.target, noise(5_000, '0'));
      assert.ok(outcome?.kind === 'failed');
      assert.equal(failureCode(outcome.error), 'content-corrupt');
      assert.equal(item.sink.target, null);
    });
  }

  test('of files of which an older version is here only the changes are fetched', async () => {
    const { items, outcomes, run, transport, ambient } = await worldOf([
      3_000_000, 900_000, 2_000_000,
    ]);
    const opened: FakeSource[] = [];
    for (const [at, item] of items.entries()) {
      const bytes = noise(item.file.size, `${at}`);
      bytes[1_000] = 77 ^ (bytes[1_000] ?? 0);
      const hashed = await hashBytes(bytes, ambient);
      const older = async () => {
        const source = fakeSource(bytes);
        opened.push(source);
        return { source, ...hashed };
      };
      // The last one turns out to be no older version.
      Object.assign(item, { older: at === 2 ? async () => null : older });
    }
    await run();
    const received = items.map(({ file }) => {
      const outcome = outcomes.find(({ item }) => item.file.id === file.id);
      return outcome?.kind === 'done' ? outcome.result.bytesReceived : null;
    });
    const [edited = 0, small, whole] = received;
    assert.ok(edited !== null && edited > 0 && edited < 1_100_000, `${edited}`);
    assert.deepEqual([small, whole], [900_000, 2_000_000], 'not worth a call, or nothing to reuse');
    for (const [at, { sink, file }] of items.entries()) {
      assertSameBytes(sink.target, noise(file.size, `${at}`));
    }
    assert.equal(opened.length, 1);
    assert.ok(opened.every(({ closed }) => closed));
    // The list comes with the file.
    assert.ok(!transport.log.some((line) => line.endsWith('/chunks')));
  });

  test('a file that is gone, and one that is damaged, fail alone', async () => {
    const { items, outcomes, run, server } = await worldOf([10, 20, 30]);
    const [gone, damaged] = items;
    assert.ok(gone && damaged);
    server.files.delete(gone.file.id);
    const entry = server.files.get(damaged.file.id);
    assert.ok(entry);
    entry.content = noise(20, 'other');
    await run();
    const told = outcomes.map((one) => (one.kind === 'failed' ? failureCode(one.error) : 'done'));
    assert.deepEqual(told.sort(), ['content-corrupt', 'done', 'file-not-found']);
    assert.equal(damaged.sink.target, null);
  });

  test('an abort ends the whole', async () => {
    const { run, transport, outcomes } = await worldOf(Array.from({ length: 50 }, () => 10));
    const stop = new AbortController();
    transport.intercept = () => {
      if (transport.log.length === 9) stop.abort(new Error('power cut'));
      return null;
    };
    await assert.rejects(run(stop.signal), /power cut/);
    assert.ok(outcomes.length < 50);
  });
});
