import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { copyFile, mkdir, readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { temporaryFolder } from '../test-store.ts';
import { checkFolder } from './check.ts';
import { commitStaged, openStorage, type Storage } from './storage.ts';
import { hashOf } from './test-story.ts';

const run = promisify(execFile);

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

async function* pieces(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}

async function put(storage: Storage, key: string, bytes: Buffer): Promise<string> {
  const staged = await storage.stage(pieces(bytes), bytes.length);
  const { size, content, inline } = staged;
  const facts = { bucket: 'b', key, size, etag: 'e', at: Date.now(), headers: {}, checksums: {} };
  await commitStaged(storage, staged, () => ({
    records: [{ t: 'put', ...facts, ...content }],
    ...(inline ? { inline } : {}),
    result: null,
  }));
  return createHash('sha256').update(bytes).digest('hex');
}

/** An object of several small ones: more than fits into a record, so a compaction makes a blob. */
async function join2(storage: Storage, key: string): Promise<string> {
  await put(storage, 'left', randomBytes(50_000));
  await put(storage, 'right', randomBytes(50_000));
  await storage.commit((index) => {
    const sides = ['left', 'right'].map((side) => index.object('b', side)?.extents ?? []);
    const facts = { bucket: 'b', key, size: 100_000, etag: 'e', at: 1, headers: {}, checksums: {} };
    return { records: [{ t: 'put', ...facts, extents: sides.flat() }], result: null };
  });
  return await hashOf(storage, key);
}

/** Replaces, joins, deletes and compacts for as long as it is asked for another turn. */
class Writer {
  readonly told = new Map<string, Set<string>>();
  readonly #storage: Storage;
  turns = 0;

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  async turn(): Promise<void> {
    const storage = this.#storage;
    this.turns += 1;
    this.#tell('small', await put(storage, 'small', randomBytes(700)));
    this.#tell('large', await put(storage, 'large', randomBytes(90_000)));
    this.#tell('joined', await join2(storage, 'joined'));
    const gone = { t: 'del', bucket: 'b', key: 'passing' } as const;
    this.#tell('passing', await put(storage, 'passing', randomBytes(80_000)));
    if (this.turns % 2 === 0) await storage.commit(() => ({ records: [gone], result: null }));
    if (this.turns % 3 === 0) await storage.compact();
  }

  #tell(key: string, hash: string): void {
    this.told.set(key, (this.told.get(key) ?? new Set()).add(hash));
  }
}

/** Copies as tools do: lists a folder, then takes its files one by one while the store goes on. */
async function copySlowly(
  to: string,
  parts: readonly string[],
  meanwhile: () => Promise<void>,
): Promise<void> {
  for (const part of parts) {
    const entries = await readdir(join(root, part), { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile());
    for (const [number, { parentPath, name }] of files.entries()) {
      if (number % Math.ceil(files.length / 4) === 0) await meanwhile();
      const target = join(to, parentPath.slice(root.length), name);
      await mkdir(dirname(target), { recursive: true });
      await copyFile(join(parentPath, name), target).catch((error) => {
        assert.equal(error.code, 'ENOENT');
      });
    }
  }
}

async function repairedHashes(copy: string): Promise<Map<string, string>> {
  await checkFolder(copy, { repair: true });
  assert.deepEqual((await checkFolder(copy, { repair: false })).faults, []);
  await rm(join(copy, 'index.db'));
  const storage = await openStorage(copy, { onBroken });
  const range = { from: '', inclusive: true, until: null, limit: 1_000 };
  const found = new Map<string, string>();
  for (const { key } of storage.index.objectsFrom('b', range)) {
    found.set(key, await hashOf(storage, key));
  }
  await storage.close();
  return found;
}

async function openWith(kept: Map<string, string>): Promise<{ storage: Storage; writer: Writer }> {
  await mkdir(root, { recursive: true });
  const storage = await openStorage(root, { onBroken });
  const bucket = { t: 'bucket', name: 'b', at: 1 } as const;
  await storage.commit(() => ({ records: [bucket], result: null }));
  kept.set('kept-small', await put(storage, 'kept-small', randomBytes(600)));
  kept.set('kept-large', await put(storage, 'kept-large', randomBytes(120_000)));
  kept.set('kept-joined', await join2(storage, 'kept-joined'));
  const writer = new Writer(storage);
  await writer.turn();
  return { storage, writer };
}

describe('a copy of the folder, taken while the store is written to and compacted', () => {
  const orders = {
    'content first, then the journal': ['blobs', 'journal'],
    'the journal first, then content': ['journal', 'blobs'],
  } as const;
  for (const [name, parts] of Object.entries(orders)) {
    it(`holds every object that was there all the time: ${name}`, async () => {
      const kept = new Map<string, string>();
      const { storage, writer } = await openWith(kept);
      for (let number = 0; number < 4; number += 1) {
        const copy = join(folder, `copy-${number}`);
        await copySlowly(copy, parts, async () => {
          for (let turn = 0; turn <= number; turn += 1) await writer.turn();
        });
        const found = await repairedHashes(copy);
        for (const [key, hash] of kept) assert.equal(found.get(key), hash, `${key} ${number}`);
        for (const [key, hash] of found) {
          if (kept.has(key) || key === 'left' || key === 'right') continue;
          assert.ok(writer.told.get(key)?.has(hash), `${key} ${number}`);
        }
        // Small content lies in the journal, so of that there is always one, old or new.
        assert.ok(found.has('small'));
      }
      await storage.close();
    });
  }

  it('is as good from `cp -a` in a loop beside all of that', async () => {
    const kept = new Map<string, string>();
    const { storage, writer } = await openWith(kept);
    let isCopied = false;
    const writing = (async () => {
      while (!isCopied) await writer.turn();
    })();
    const copies = [1, 2, 3, 4].map((number) => join(folder, `copy-${number}`));
    // Says 1 when something vanished under its hands; what it could copy is there.
    for (const copy of copies) await run('cp', ['-a', root, copy]).catch(() => undefined);
    isCopied = true;
    await writing;
    await storage.close();
    for (const copy of copies) {
      const found = await repairedHashes(copy);
      for (const [key, hash] of kept) assert.equal(found.get(key), hash, `${key} ${copy}`);
    }
  });
});
