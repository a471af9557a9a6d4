import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmod, mkdtemp, rename, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { isClientError } from '@valise/client';
import { fileSource } from './file-source.ts';

let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'valise-source-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

describe('a file source', () => {
  test('reads ranges, small and large, with or without a buffer', async () => {
    const path = join(folder, 'a');
    const bytes = Buffer.alloc(900_000);
    for (let at = 0; at < bytes.length; at++) bytes[at] = at % 251;
    await writeFile(path, bytes);
    const source = fileSource(path);
    assert.equal(source.size, bytes.length);
    assert.deepEqual(await source.read(10, 100), bytes.subarray(10, 110));
    const into = new Uint8Array(1_000_000);
    const read = await source.read(1, 800_000, { into });
    assert.equal(read.buffer, into.buffer);
    assert.equal(Buffer.compare(read, bytes.subarray(1, 800_001)), 0);
    await source.close();
    await source.close();
  });

  test('knows time and mode', async () => {
    const path = join(folder, 'a');
    await writeFile(path, '');
    await chmod(path, 0o755);
    const at = new Date('2024-02-29T12:34:56.789Z');
    await utimes(path, at, at);
    const source = fileSource(path);
    assert.equal(source.executable, true);
    assert.deepEqual(source.modifiedAt, at);
    await source.close();
  });

  test('takes the nearest millisecond of a time that fell a little short of it', async () => {
    const path = join(folder, 'a');
    await writeFile(path, '');
    await utimes(path, 1_600_000_000.123, 1_600_000_000.123);
    const source = fileSource(path);
    assert.equal(source.modifiedAt?.getTime(), 1_600_000_000_123);
    await source.close();
  });

  test('a file that has become shorter is content-changed', async () => {
    const path = join(folder, 'a');
    await writeFile(path, 'long enough');
    const source = fileSource(path);
    await truncate(path, 3);
    await assert.rejects(source.read(0, 11), (error) => isClientError(error, 'content-changed'));
    await source.close();
  });

  test('its identity changes with its content, and when it is replaced', async () => {
    const path = join(folder, 'a');
    await writeFile(path, 'one');
    const source = fileSource(path);
    const first = await source.identity();
    assert.equal(await source.identity(), first);
    await writeFile(`${path}.new`, 'two');
    await rename(`${path}.new`, path);
    assert.notEqual(await source.identity(), first);
    await source.close();
  });

  test('replaced before anybody asked, it never has the same identity twice', async () => {
    const path = join(folder, 'a');
    await writeFile(path, 'one');
    const source = fileSource(path);
    await writeFile(`${path}.new`, 'two');
    await rename(`${path}.new`, path);
    assert.notEqual(await source.identity(), await source.identity());
    await source.close();
  });

  test('renamed, it keeps its identity, as long as it isn’t written; deleted, it has changed', async () => {
    const path = join(folder, 'a');
    await writeFile(path, 'one');
    const source = fileSource(path);
    const first = await source.identity();
    await rename(path, `${path}.renamed`);
    assert.equal(await source.identity(), first);
    await writeFile(`${path}.renamed`, 'more');
    assert.notEqual(await source.identity(), first);
    await rm(`${path}.renamed`);
    await assert.rejects(source.identity(), (error) => isClientError(error, 'content-changed'));
    await source.close();
  });

  test('a hole is read as zeros', async () => {
    const path = join(folder, 'sparse');
    await writeFile(path, 'x');
    await truncate(path, 3_000_000_000);
    const source = fileSource(path);
    assert.equal(source.size, 3_000_000_000);
    assert.deepEqual(await source.read(2_999_999_997, 3), Buffer.alloc(3));
    await source.close();
  });

  test('a file of the system that only says that it is empty is refused', () => {
    assert.throws(
      () => fileSource('/proc/self/status'),
      (error) => isClientError(error, 'local-file'),
    );
  });

  test('what is no file is refused, a pipe without waiting for it', () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    for (const path of [folder, pipe, join(folder, 'none')]) {
      assert.throws(
        () => fileSource(path),
        (error) => isClientError(error, 'local-file'),
      );
    }
  });
});
