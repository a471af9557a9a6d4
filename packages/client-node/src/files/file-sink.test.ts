import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { isClientError } from '@valise/client';
import { fileSink } from './file-sink.ts';
import { isPartialName, partialPaths, writeNotes } from './partial-file.ts';

const MIB = 1_048_576;
const modifiedAt = new Date('2024-02-29T12:34:56.789Z');
const options = { modifiedAt, executable: false };
let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'valise-sink-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

describe('a file sink', () => {
  test('shows the target only when finished, with time and mode', async () => {
    const target = join(folder, 'tool');
    await writeFile(target, 'old');
    const sink = fileSink(target, { modifiedAt, executable: true });
    await sink.open({ size: 6, fingerprint: 'v1:a' });
    await sink.write(3, Buffer.from('def'));
    await sink.write(0, Buffer.from('abc'));
    assert.equal(await readFile(target, 'utf8'), 'old');
    await sink.finish();
    assert.equal(await readFile(target, 'utf8'), 'abcdef');
    const stats = await stat(target);
    assert.equal(stats.mtimeMs, modifiedAt.getTime());
    assert.notEqual(stats.mode & 0o100, 0);
    assert.deepEqual(await readdir(folder), ['tool']);
  });

  test('an abort without keeping leaves nothing', async () => {
    const sink = fileSink(join(folder, 'a'), options);
    await sink.open({ size: 40 * MIB, fingerprint: 'v1:a' });
    await sink.write(0, Buffer.alloc(40 * MIB));
    await sink.abort({ keep: false });
    assert.deepEqual(await readdir(folder), []);
  });

  test('what is kept is offered to the next attempt at the same content', async () => {
    const target = join(folder, 'a');
    const content = { size: 40 * MIB, fingerprint: 'v1:a' };
    const first = fileSink(target, options);
    assert.deepEqual(await first.open(content), []);
    await first.write(MIB, Buffer.alloc(MIB, 1));
    await first.write(2 * MIB, Buffer.alloc(MIB, 2));
    await first.abort({ keep: true });
    assert.ok((await readdir(folder)).every(isPartialName));

    const second = fileSink(target, options);
    assert.deepEqual(await second.open(content), [{ offset: MIB, size: 2 * MIB }]);
    assert.deepEqual(await second.read(2 * MIB, MIB), Buffer.alloc(MIB, 2));
    await second.finish();
    assert.equal((await stat(target)).size, content.size);
    assert.deepEqual(await readdir(folder), ['a']);
  });

  test('other content starts afresh', async () => {
    const target = join(folder, 'a');
    const first = fileSink(target, options);
    await first.open({ size: 40 * MIB, fingerprint: 'v1:a' });
    await first.write(0, Buffer.alloc(MIB, 1));
    await first.abort({ keep: true });
    const second = fileSink(target, options);
    assert.deepEqual(await second.open({ size: 4, fingerprint: 'v1:b' }), []);
    await second.write(0, Buffer.from('next'));
    await second.finish();
    assert.equal(await readFile(target, 'utf8'), 'next');
    assert.deepEqual(await readdir(folder), ['a']);
  });

  test('what was flushed on the way is there in the end', async () => {
    const target = join(folder, 'a');
    const size = 72 * MIB;
    const sink = fileSink(target, options);
    await sink.open({ size, fingerprint: null });
    const writes = [2, 0, 1].map((n) => sink.write(n * 24 * MIB, Buffer.alloc(24 * MIB, n + 1)));
    await Promise.all(writes);
    await sink.finish();
    const bytes = await readFile(target);
    assert.deepEqual(
      [0, 24, 48, 71].map((at) => bytes[at * MIB]),
      [1, 2, 3, 3],
    );
    assert.equal(bytes.length, size);
  });

  test('notes on the way survive a crash; torn ones are no notes', async () => {
    const target = join(folder, 'a');
    const content = { size: 64 * MIB, fingerprint: 'v1:a' };
    const first = fileSink(target, options);
    await first.open(content);
    await first.write(0, Buffer.alloc(40 * MIB, 1));
    // The first sink never ends: another process would find this.
    const { notes } = partialPaths(target);
    const left = JSON.parse(await readFile(notes, 'utf8'));
    assert.deepEqual(left.ranges, [{ offset: 0, size: 40 * MIB }]);
    await first.abort({ keep: true });
    await writeFile(notes, '{"pid":1,');
    const second = fileSink(target, options);
    assert.deepEqual(await second.open(content), []);
    await second.abort({ keep: false });
  });

  test('two attempts at once do not share a partial file', async () => {
    const target = join(folder, 'a');
    const content = { size: 4, fingerprint: 'v1:a' };
    const [one, two] = [fileSink(target, options), fileSink(target, options)];
    await one.open(content);
    await two.open(content);
    assert.equal((await readdir(folder)).filter(isPartialName).length, 2);
    await one.write(0, Buffer.from('same'));
    await two.write(0, Buffer.from('same'));
    await one.finish();
    await two.finish();
    assert.equal(await readFile(target, 'utf8'), 'same');
    assert.deepEqual(await readdir(folder), ['a']);
  });

  test('a living process keeps its partial file to itself', async () => {
    const target = join(folder, 'a');
    const content = { size: 64 * MIB, fingerprint: 'v1:a' };
    const { bytes, notes } = partialPaths(target);
    await writeFile(bytes, 'theirs');
    const theirs = { ...content, pid: process.ppid, ranges: [{ offset: 0, size: 6 }] };
    await writeNotes(notes, theirs);
    const sink = fileSink(target, options);
    assert.deepEqual(await sink.open(content), []);
    await sink.abort({ keep: false });
    assert.equal(await readFile(bytes, 'utf8'), 'theirs');
  });

  test('a folder in the way is an error that says so', async () => {
    const sink = fileSink(folder, options);
    await sink.open({ size: 0, fingerprint: null });
    await assert.rejects(
      sink.finish(),
      (error) => isClientError(error, 'local-file') && /folder is in the way/.test(error.message),
    );
    await sink.abort({ keep: false });
    const missing = fileSink(join(folder, 'no', 'a'), options);
    await assert.rejects(missing.open({ size: 0, fingerprint: null }), (error) =>
      isClientError(error, 'local-file'),
    );
  });

  test('an attempt that could not begin leaves its partial file to the next', async () => {
    const target = join(folder, 'later', 'a');
    const content = { size: 4, fingerprint: 'v1:a' };
    await assert.rejects(fileSink(target, options).open(content));
    await mkdir(join(folder, 'later'));
    const next = fileSink(target, options);
    await next.open(content);
    const { bytes } = partialPaths(target);
    assert.deepEqual(await readdir(join(folder, 'later')), [basename(bytes)]);
    await next.abort({ keep: false });
  });
});
