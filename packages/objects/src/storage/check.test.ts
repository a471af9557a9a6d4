import assert from 'node:assert/strict';
import { open, readdir, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { temporaryFolder } from '../test-store.ts';
import { checkFolder } from './check.ts';
import { JournalDamaged } from './segment.ts';
import { openStorage, type Storage } from './storage.ts';
import { hashOf, runStory, type Telling } from './test-story.ts';

let folder: string;
let root: string;
beforeEach(async () => {
  folder = await temporaryFolder();
  root = join(folder, 'store');
});
afterEach(() => rm(folder, { recursive: true }));

const onBroken = (error: unknown): never => {
  throw error;
};
const openHere = (): Promise<Storage> => openStorage(root, { onBroken });

/** A store with all kinds of content; answers the hashes by key. */
async function makeStore(): Promise<Map<string, string>> {
  const hashes = new Map<string, string>();
  const isDone: Telling['isDone'] = (change) => {
    for (const [key, hash] of change) {
      if (hash === null) hashes.delete(key);
      else hashes.set(key, hash);
    }
  };
  const storage = await openHere();
  await runStory(storage, { begins: () => undefined, isDone });
  await storage.close();
  return hashes;
}

async function hashesIn(storage: Storage): Promise<Map<string, string>> {
  const range = { from: '', inclusive: true, until: null, limit: 1_000 };
  const found = new Map<string, string>();
  for (const { key } of storage.index.objectsFrom('b', range)) {
    found.set(key, await hashOf(storage, key));
  }
  return found;
}

/** What is left after a repair: must all be whole, and sound to a second check. */
async function repaired(): Promise<Map<string, string>> {
  await checkFolder(root, { repair: true });
  assert.deepEqual((await checkFolder(root, { repair: false })).faults, []);
  await rm(join(root, 'index.db'));
  const storage = await openHere();
  const left = await hashesIn(storage);
  await storage.close();
  return left;
}

async function blobOf(key: string): Promise<string> {
  const storage = await openHere();
  const [blob = ''] = storage.index.object('b', key)?.extents[0] ?? [];
  await storage.close();
  return join(root, 'blobs', blob.slice(0, 2), blob);
}

async function flipByte(path: string, position: number): Promise<void> {
  const file = await open(path, 'r+');
  const byte = Buffer.alloc(1);
  await file.read(byte, 0, 1, position);
  byte[0] = (byte[0] ?? 0) ^ 1;
  await file.write(byte, 0, 1, position);
  await file.close();
}

describe('a check', () => {
  it('reads everything and finds nothing in a sound store', async () => {
    const hashes = await makeStore();
    const report = await checkFolder(root, { repair: false });
    assert.deepEqual(report.faults, []);
    assert.equal(report.objects, hashes.size);
    assert.ok(report.blobs >= 3 && report.bytes > 300_000 && report.withoutCrc === 0);
  });

  for (const [name, harm] of [
    ['altered by one bit', (path: string) => flipByte(path, 77_777)],
    ['cut short', (path: string) => truncate(path, 80_000)],
    ['missing', (path: string) => rm(path)],
  ] as const) {
    it(`finds the one blob that is ${name}, and what is lost by it`, async () => {
      const hashes = await makeStore();
      await harm(await blobOf('last'));
      const { faults } = await checkFolder(root, { repair: false });
      const kinds = faults.map((fault) => (fault.kind === 'object' ? fault.key : fault.kind));
      assert.deepEqual(kinds, ['blob', 'last']);
      const left = await repaired();
      hashes.delete('last');
      assert.deepEqual(left, hashes);
      const aside = await readdir(join(root, 'damaged')).catch(() => []);
      assert.equal(aside.length, name === 'missing' ? 0 : 1);
    });
  }

  it('saves what is intact behind damage in the journal', async () => {
    const hashes = await makeStore();
    const [first = ''] = (await readdir(join(root, 'journal'))).sort();
    const path = join(root, 'journal', first);
    const file = await open(path, 'r');
    const bytes = await file.readFile();
    await file.close();
    // In the middle of the small content of one object.
    await flipByte(path, bytes.indexOf('"key":"together"') + 400);
    await rm(join(root, 'index.db'));
    await assert.rejects(openHere(), JournalDamaged);
    const { faults } = await checkFolder(root, { repair: false });
    assert.ok(faults.some(({ kind }) => kind === 'journal'));
    const left = await repaired();
    hashes.delete('together');
    assert.deepEqual(left, hashes);
  });

  it('saves what is intact when a segment of the journal is missing', async () => {
    const hashes = await makeStore();
    const [first = ''] = (await readdir(join(root, 'journal'))).sort();
    await rm(join(root, 'journal', first));
    await assert.rejects(openHere(), JournalDamaged);
    const left = await repaired();
    for (const [key, hash] of left) assert.equal(hash, hashes.get(key));
    assert.ok(left.has('last'));
  });

  it('does not believe the index', async () => {
    const hashes = await makeStore();
    const db = new DatabaseSync(join(root, 'index.db'));
    db.exec("DELETE FROM objects WHERE key = 'once'; UPDATE blobs SET refs = refs + 1");
    db.close();
    const { faults } = await checkFolder(root, { repair: false });
    assert.deepEqual(
      faults.map((fault) => fault.kind),
      ['index', 'index'],
    );
    assert.deepEqual(await repaired(), hashes);
  });
});
