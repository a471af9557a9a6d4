import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { appendFile, open, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import fc from 'fast-check';
import { temporaryFolder } from '../test-store.ts';

import { JournalDamaged } from './segment.ts';
import { commitStaged, openStorage, type Storage } from './storage.ts';

let folder: string;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => rm(folder, { recursive: true }));

const housekeeping = ['reopen', 'rebuild', 'race', 'copy', 'compact'] as const;

const openHere = (): Promise<Storage> =>
  openStorage(folder, {
    onBroken: (error) => {
      throw error;
    },
  });

async function* pieces(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += 50_000) yield bytes.subarray(at, at + 50_000);
}

async function put(storage: Storage, key: string, bytes: Buffer): Promise<void> {
  const staged = await storage.stage(pieces(bytes), bytes.length);
  const { size, content, inline } = staged;
  const common = { bucket: 'b', key, size, etag: 'e', at: 1, headers: {}, checksums: {} };
  await commitStaged(storage, staged, () => ({
    records: [{ t: 'put', ...common, ...content }],
    ...(inline ? { inline } : {}),
    result: null,
  }));
}

/** As the S3 operation does: another manifest over the same content. */
const copy = (storage: Storage, from: string, key: string): Promise<null> =>
  storage.commit((index) => {
    const row = index.object('b', from);
    assert.ok(row);
    const { size, etag, headers, checksums, extents } = row;
    const facts = { bucket: 'b', key, size, etag, at: 1, headers, checksums, extents };
    return { records: [{ t: 'put', ...facts, copied: true }], result: null };
  });

const remove = (storage: Storage, key: string): Promise<null> =>
  storage.commit(() => ({ records: [{ t: 'del', bucket: 'b', key }], result: null }));

async function get(storage: Storage, key: string): Promise<Buffer | null> {
  const row = storage.index.object('b', key);
  if (!row) return null;
  const content = storage.open(row.extents);
  const copies: Buffer[] = [];
  for await (const bytes of content.chunks()) copies.push(Buffer.from(bytes));
  content.close();
  return Buffer.concat(copies);
}

async function contents(storage: Storage): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const range = { from: '', inclusive: true, until: null, limit: 1_000 };
  for (const { key } of storage.index.objectsFrom('b', range)) {
    found.set(key, ((await get(storage, key)) ?? Buffer.alloc(0)).toString('hex'));
  }
  return found;
}

const blobs = async (): Promise<readonly string[]> => {
  const entries = await readdir(join(folder, 'blobs'), { recursive: true });
  return entries.filter((name) => name.includes('/'));
};

const firstSegment = (): string => join(folder, 'journal', '00000001.log');

async function flipByte(path: string, position: number): Promise<void> {
  const file = await open(path, 'r+');
  const byte = Buffer.alloc(1);
  await file.read(byte, 0, 1, position);
  byte[0] = (byte[0] ?? 0) ^ 0xff;
  await file.write(byte, 0, 1, position);
  await file.close();
}

describe('storage', () => {
  it('holds what a map holds, across restarts, with or without its index', async () => {
    const key = fc.constantFrom('a', 'b', 'c', 'd');
    const size = fc.constantFrom(0, 1, 1_000, 65_536, 65_537, 200_000);
    const step = fc.oneof(
      fc.record({ do: fc.constant('put' as const), key, size }),
      fc.record({ do: fc.constant('del' as const), key }),
      fc.record({ do: fc.constantFrom(...housekeeping) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        await rm(folder, { recursive: true });
        const model = new Map<string, string>();
        let storage = await openHere();
        for (const now of steps) {
          if (now.do === 'put') {
            const bytes = randomBytes(now.size);
            model.set(now.key, bytes.toString('hex'));
            await put(storage, now.key, bytes);
          } else if (now.do === 'del') {
            model.delete(now.key);
            await remove(storage, now.key);
          } else if (now.do === 'race') {
            const all = ['r1', 'r2', 'r3'].map((name) => [name, randomBytes(70_000)] as const);
            for (const [name, bytes] of all) model.set(name, bytes.toString('hex'));
            await Promise.all(all.map(([name, bytes]) => put(storage, name, bytes)));
          } else if (now.do === 'copy') {
            const from = [...model.keys()][0];
            if (from === undefined) continue;
            await copy(storage, from, 'copied');
            model.set('copied', model.get(from) ?? '');
          } else if (now.do === 'compact') {
            // Copies made meanwhile still point to where the walk has been, or hasn't.
            const from = [...model.keys()][0];
            await Promise.all([
              storage.compact(),
              from === undefined ? null : copy(storage, from, 'late'),
            ]);
            if (from !== undefined) model.set('late', model.get(from) ?? '');
          } else {
            await storage.close();
            if (now.do === 'rebuild') await rm(join(folder, 'index.db'));
            storage = await openHere();
          }
        }
        assert.deepEqual(await contents(storage), new Map([...model].sort()));
        await storage.close();
        await (await openHere()).close();
        const large = [...model.values()].filter((hex) => hex.length / 2 > 65_536);
        assert.equal((await blobs()).length, new Set(large).size);
      }),
      { numRuns: 25 },
    );
  });

  it('gets back the space of what is gone, and goes on serving meanwhile', async () => {
    let storage = await openHere();
    for (let i = 0; i < 40; i += 1) await put(storage, `k${i}`, randomBytes(60_000));
    await put(storage, 'large', randomBytes(100_000));
    for (let i = 0; i < 38; i += 1) await remove(storage, `k${i}`);
    const expected = await contents(storage);
    const row = storage.index.object('b', 'k39');
    assert.ok(row);
    const reading = storage.open(row.extents);
    const { before, after } = await storage.compact();
    assert.ok(before > 40 * 60_000 && after < 3 * 60_000, `${before} → ${after}`);
    // What was replaced stays for those who copy the folder, until somebody says that it may go.
    assert.equal((await readdir(join(folder, 'journal'))).length, 3);
    assert.ok(storage.journal.retiredSize > 40 * 60_000);
    await storage.journal.removeRetired(Number.POSITIVE_INFINITY);
    assert.equal((await readdir(join(folder, 'journal'))).length, 2);
    const bytes: Buffer[] = [];
    for await (const piece of reading.chunks()) bytes.push(Buffer.from(piece));
    reading.close();
    assert.equal(Buffer.concat(bytes).toString('hex'), expected.get('k39'));
    assert.deepEqual(await contents(storage), expected);
    await storage.close();
    await rm(join(folder, 'index.db'));
    storage = await openHere();
    assert.deepEqual(await contents(storage), expected);
    await storage.close();
  });

  it('keeps retired segments across restarts, and knows since when', async () => {
    let storage = await openHere();
    await put(storage, 'a', randomBytes(100));
    const before = Date.now();
    await storage.compact();
    await storage.close();
    storage = await openHere();
    const { retiredSize } = storage.journal;
    assert.ok(retiredSize > 100);
    // A second of grace: file systems stamp files by a coarser clock than ours.
    await storage.journal.removeRetired(before - 1000);
    assert.equal(storage.journal.retiredSize, retiredSize);
    await storage.journal.removeRetired(Date.now() + 1000);
    assert.equal(storage.journal.retiredSize, 0);
    assert.equal((await readdir(join(folder, 'journal'))).length, 2);
    assert.equal((await contents(storage)).size, 1);
    await storage.close();
  });

  it('refuses to start without a part of its journal, and removes nothing then', async () => {
    const storage = await openHere();
    await put(storage, 'a', randomBytes(100_000));
    await storage.compact();
    await storage.journal.removeRetired(Number.POSITIVE_INFINITY);
    await storage.close();
    const names = await readdir(join(folder, 'journal'));
    await rm(join(folder, 'journal', names.sort()[0] ?? ''));
    await assert.rejects(openHere(), JournalDamaged);
    await rm(join(folder, 'journal'), { recursive: true });
    await assert.rejects(openHere(), JournalDamaged);
    assert.equal((await blobs()).length, 1);
  });

  it('cuts off the torn end of its journal, at every length', async () => {
    let storage = await openHere();
    await put(storage, 'kept', Buffer.from('kept'));
    const { size: whole } = await stat(firstSegment());
    await put(storage, 'torn', randomBytes(300));
    await storage.close();
    const { size: end } = await stat(firstSegment());
    const file = await open(firstSegment(), 'r');
    const tail = Buffer.alloc(end - whole);
    await file.read(tail, 0, tail.length, whole);
    await file.close();
    for (let length = 0; length < tail.length; length += 37) {
      await truncate(firstSegment(), whole);
      await appendFile(firstSegment(), tail.subarray(0, length));
      await rm(join(folder, 'index.db'));
      storage = await openHere();
      assert.deepEqual([...(await contents(storage)).keys()], ['kept']);
      assert.equal((await stat(firstSegment())).size, whole);
      await put(storage, 'after', Buffer.from('x'));
      await storage.close();
      storage = await openHere();
      assert.deepEqual([...(await contents(storage)).keys()], ['after', 'kept']);
      await remove(storage, 'after');
      await storage.close();
      await truncate(firstSegment(), whole);
    }
  });

  it('cuts off a tail that the file system filled with zeros', async () => {
    let storage = await openHere();
    await put(storage, 'kept', Buffer.from('kept'));
    await storage.close();
    await appendFile(firstSegment(), Buffer.alloc(5_000));
    storage = await openHere();
    assert.deepEqual([...(await contents(storage)).keys()], ['kept']);
    await storage.close();
  });

  it('refuses to start over damage that lies before acknowledged records', async () => {
    const storage = await openHere();
    await put(storage, 'first', Buffer.from('first'));
    const { size } = await stat(firstSegment());
    await put(storage, 'second', Buffer.from('second'));
    await put(storage, 'third', Buffer.from('third'));
    await storage.close();
    await flipByte(firstSegment(), size + 40);
    await rm(join(folder, 'index.db'));
    const before = await stat(firstSegment());
    await assert.rejects(openHere(), JournalDamaged);
    assert.equal((await stat(firstSegment())).size, before.size);
  });

  it('rebuilds an index that is damaged or belongs to another journal', async () => {
    let storage = await openHere();
    await put(storage, 'a', randomBytes(100));
    await put(storage, 'b', randomBytes(100_000));
    const expected = await contents(storage);
    await storage.close();
    await writeFile(join(folder, 'index.db'), randomBytes(50_000));
    storage = await openHere();
    assert.deepEqual(await contents(storage), expected);
    await storage.close();
    // A valid head over pages of nonsense.
    const { size } = await stat(join(folder, 'index.db'));
    await truncate(join(folder, 'index.db'), 4_096);
    await appendFile(join(folder, 'index.db'), randomBytes(size - 4_096));
    storage = await openHere();
    assert.deepEqual(await contents(storage), expected);
    await storage.close();
  });

  it('sweeps blobs and temporary files that no record names', async () => {
    let storage = await openHere();
    await put(storage, 'named', randomBytes(100_000));
    await storage.stage(pieces(randomBytes(100_000)), 100_000);
    assert.equal((await blobs()).length, 2);
    await storage.close();
    await writeFile(join(folder, 'temp', 'rest'), 'x');
    storage = await openHere();
    await storage.close();
    assert.equal((await blobs()).length, 1);
    assert.deepEqual(await readdir(join(folder, 'temp')), []);
  });

  it('refuses content that the disk has no room for, without trying', async () => {
    const storage = await openHere();
    const huge = storage.stage(pieces(Buffer.alloc(1)), 2 ** 52);
    await assert.rejects(huge, { code: 'InsufficientStorage' });
    await put(storage, 'fits', Buffer.from('x'));
    await storage.close();
  });

  it('keeps nothing of content that fails half-way', async () => {
    const storage = await openHere();
    const failing = async function* (): AsyncGenerator<Buffer> {
      yield randomBytes(2_000_000);
      throw new Error('the client went away');
    };
    await assert.rejects(storage.stage(failing(), 4_000_000), /went away/);
    await storage.close();
    assert.deepEqual(await blobs(), []);
    assert.deepEqual(await readdir(join(folder, 'temp')), []);
  });
});
