import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { failureCode } from '../errors/client-error.ts';
import { assertSameBytes, type FakeSink, fakeSink, noise } from '../fakes/test-content.ts';
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
