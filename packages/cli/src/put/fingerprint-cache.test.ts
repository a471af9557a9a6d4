import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { ContentHasher, HashedContent } from '@valise/client';
import type { FileSource } from '@valise/client-node';
import { forgetFingerprint, rememberFingerprints } from './fingerprint-cache.ts';

const LARGE = 64 * 1024 * 1024;
const HOUR = 3_600_000;

describe('remembering fingerprints', () => {
  let root: string;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'valise-cache-'));
  });
  after(() => rm(root, { recursive: true, force: true }));

  /** A sparse file: the cache looks at a file's identity, never at its bytes. */
  async function file(name: string, size = LARGE): Promise<string> {
    const path = join(root, name);
    await writeFile(path, '');
    await truncate(path, size);
    return path;
  }
  function source(path: string, size = LARGE): FileSource {
    const unused = () => Promise.reject(new Error('not read here'));
    const facts = { path, size, modifiedAt: new Date(), executable: false };
    return { ...facts, read: unused, identity: unused, close: unused };
  }
  function counting(result: Omit<HashedContent, 'size'>) {
    const calls = { count: 0 };
    const hasher: ContentHasher = {
      async hash({ size }) {
        calls.count++;
        return { size, ...result };
      },
    };
    return { calls, hasher };
  }
  /** Its clock is an hour ahead, so that a file just written counts as rested. */
  const later = (folder: string, hasher: ContentHasher) =>
    rememberFingerprints(hasher, { folder: join(root, folder), now: () => Date.now() + HOUR });
  const CONTENT = { fingerprint: 'v1:aa', records: new Uint8Array([10, 1, 2, 10]) };

  test('an unchanged file is hashed once, by any number of processes', async () => {
    const path = await file('a');
    const { calls, hasher } = counting(CONTENT);
    const first = await later('s1', hasher).hash(source(path));
    const again = await later('s1', hasher).hash(source(path));
    assert.equal(calls.count, 1);
    assert.deepEqual(
      { ...again, records: [...again.records] },
      { ...first, records: [10, 1, 2, 10] },
    );
  });

  test('the digests of its parts are remembered with it', async () => {
    const path = await file('parts');
    const parts = { size: 8, digests: new Uint8Array(64).fill(7) };
    const { calls, hasher } = counting({ ...CONTENT, parts });
    await later('s1', hasher).hash(source(path));
    const again = await later('s1', hasher).hash(source(path));
    assert.equal(calls.count, 1);
    assert.deepEqual([...again.records], [10, 1, 2, 10]);
    assert.equal(again.parts?.size, 8);
    assert.deepEqual([...(again.parts?.digests ?? [])], [...parts.digests]);
  });

  test('a file that was touched, forgotten, or whose entry is torn is hashed anew', async () => {
    const path = await file('b');
    const { calls, hasher } = counting(CONTENT);
    const hash = () => later('s2', hasher).hash(source(path));
    await hash();
    await utimes(path, 1, 1);
    await hash();
    await forgetFingerprint(join(root, 's2'), path);
    await hash();
    const [entry] = await readdir(join(root, 's2'));
    await truncate(join(root, 's2', entry ?? ''), 210);
    await hash();
    assert.equal(calls.count, 4);
  });

  test('a file changed a moment ago is not remembered: it could change again unseen', async () => {
    const path = await file('c');
    const { calls, hasher } = counting(CONTENT);
    const cache = rememberFingerprints(hasher, { folder: join(root, 's3'), now: Date.now });
    await cache.hash(source(path));
    await cache.hash(source(path));
    assert.equal(calls.count, 2);
  });

  test('small files leave nothing behind, and the number of entries is bounded', async () => {
    const { hasher } = counting(CONTENT);
    const cache = later('s4', hasher);
    for (let n = 0; n < 70; n++) await cache.hash(source(await file(`d${n}`)));
    await cache.hash(source(await file('small', 9), 9));
    assert.equal((await readdir(join(root, 's4'))).length, 64);
  });
});
