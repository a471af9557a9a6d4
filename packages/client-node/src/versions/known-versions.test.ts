import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fingerprintOfRecords } from '@valise/core/manifest';
import type { File } from '@valise/core/wire';
import { createKnownVersions } from './known-versions.ts';

const records = new Uint8Array(36).fill(7);
const fingerprint = fingerprintOfRecords(records, (bytes) =>
  createHash('sha256').update(bytes).digest(),
);
const size = 1_000_000_000;
const named = { id: 'f', parentId: null, name: 'a', version: 3, size, fingerprint };
const file = named as Partial<File> as File;
let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'valise-versions-'));
});
after(() => rm(folder, { recursive: true }));

test('a version is found again where it was, and no other', async () => {
  const versions = createKnownVersions(join(folder, 'new'), 'https://one');
  await versions.remember(file, records);
  const found = await versions.find(file);
  assert.deepEqual([found?.fileId, found?.version], ['f', 3]);
  assert.deepEqual(new Uint8Array(found?.records ?? []), records);
  assert.equal(await versions.find({ ...file, name: 'b' }), null);
  assert.equal(await createKnownVersions(join(folder, 'new'), 'https://two').find(file), null);
  assert.equal((await readdir(join(folder, 'new'))).length, 1);
});

test('another version than the one whose chunks these are is not taken for it', async () => {
  const versions = createKnownVersions(join(folder, 'other'), 'https://one');
  await versions.remember({ ...file, fingerprint: `v1:${'0'.repeat(64)}` }, records);
  assert.equal(await versions.find(file), null);
});

test('a disk that takes or gives nothing costs the knowledge alone', async () => {
  const taken = join(folder, 'taken');
  await writeFile(taken, '');
  const versions = createKnownVersions(taken, 'https://one');
  await versions.remember(file, records);
  assert.equal(await versions.find(file), null);
});
