import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { crc32 } from 'node:zlib';
import { temporaryFolder } from '../test-store.ts';
import { BlobWriter } from './blob-writer.ts';
import type { DiskFile } from './file-io.ts';

const PIECE = 10_000;
const FLUSH_EVERY = 25_000;
const chunks = Array.from({ length: 40 }, (_, n) => randomBytes(1 + 137 * n));

let folder: string;
before(async () => {
  folder = await temporaryFolder();
});
after(() => rm(folder, { recursive: true }));

/** A real file whose calls can be made to fail. */
async function fileWith(name: string, faults: Partial<DiskFile>): Promise<DiskFile> {
  const file = await open(join(folder, name), 'w+');
  const calls = ['read', 'write', 'writev', 'sync', 'datasync', 'truncate', 'stat', 'close'];
  const bound = calls.map((call) => [call, file[call as keyof DiskFile].bind(file)]);
  return { ...Object.fromEntries(bound), ...faults };
}

async function writeAll(file: DiskFile): Promise<{ size: number; crc: number }> {
  const writer = new BlobWriter(file, () => PIECE, FLUSH_EVERY);
  try {
    for (const chunk of chunks) await writer.add(chunk);
    return await writer.end();
  } finally {
    await writer.settled();
    await file.close();
  }
}

describe('a blob on its way to the disk', () => {
  it('is flushed while it is written, and is whole at the end', async () => {
    let flushes = 0;
    const content = Buffer.concat(chunks);
    const file = await fileWith('whole', {
      async datasync() {
        flushes += 1;
      },
    });
    const { size, crc } = await writeAll(file);
    assert.deepEqual([size, crc], [content.length, crc32(content)]);
    assert.deepEqual(await readFile(join(folder, 'whole')), content);
    assert.ok(flushes > 1, `${flushes}`);
  });

  it('has failed when a flush on the way failed, though the last one succeeds', async () => {
    const error = new Error('EIO');
    const file = await fileWith('unflushed', { datasync: () => Promise.reject(error) });
    await assert.rejects(writeAll(file), error);
  });

  it('has failed when a write failed, and the file is left alone by then', async () => {
    const error = new Error('ENOSPC');
    let writes = 0;
    const file = await fileWith('unwritten', {
      writev: () => {
        writes += 1;
        return Promise.reject(error);
      },
    });
    await assert.rejects(writeAll(file), error);
    assert.equal(writes, 1);
  });
});
