import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { openDataFolder, readOrMakeSecret } from './data-folder.ts';
import { readEnvironment } from './environment.ts';

let parent: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'valise-data-'));
});
afterEach(() => rm(parent, { recursive: true }));

test('a new folder is made and marked, and known again', async () => {
  const folder = join(parent, 'a', 'b');
  const path = await openDataFolder(folder);
  assert.deepEqual(await readdir(folder), ['valise.json']);
  assert.equal((await stat(folder)).mode & 0o777, 0o711);
  await writeFile(join(folder, 'more'), '');
  assert.equal(await openDataFolder(folder), path);
});

test('the real path counts', async () => {
  const link = join(parent, 'link');
  await mkdir(join(parent, 'real'));
  await symlink(join(parent, 'real'), link);
  assert.equal(await openDataFolder(link), await openDataFolder(join(parent, 'real')));
});

test("a folder with someone's files is refused and left alone", async () => {
  await writeFile(join(parent, 'thesis.odt'), '');
  await assert.rejects(openDataFolder(parent), /holds thesis\.odt/);
  assert.deepEqual(await readdir(parent), ['thesis.odt']);
});

test('a store that was started alone is no stranger', async () => {
  await mkdir(join(parent, 'objects'));
  await openDataFolder(parent);
});

test('a newer format is refused', async () => {
  await writeFile(join(parent, 'valise.json'), '{"format":2}');
  await assert.rejects(openDataFolder(parent), /has format 2/);
});

test('a file in its place is refused', async () => {
  await writeFile(join(parent, 'file'), '');
  await assert.rejects(openDataFolder(join(parent, 'file')), /VALISE_DATA/);
});

test('servers that start together agree on folder and secret', async () => {
  const starts = Array.from({ length: 8 }, async () =>
    readOrMakeSecret(await openDataFolder(parent)),
  );
  const secrets = await Promise.all(starts);
  const known = await readOrMakeSecret(parent);
  assert.equal(known.length, 32);
  for (const secret of secrets) assert.deepEqual(secret, known);
  assert.deepEqual((await readdir(parent)).sort(), ['jwt-secret', 'valise.json']);
  assert.equal((await stat(join(parent, 'jwt-secret'))).mode & 0o777, 0o600);
});

test('a damaged secret is not replaced silently', async () => {
  await writeFile(join(parent, 'jwt-secret'), 'ab');
  await assert.rejects(readOrMakeSecret(parent), /is damaged/);
  assert.equal(await readFile(join(parent, 'jwt-secret'), 'utf8'), 'ab');
});

test('.env is read, and the process has the last word', async () => {
  await writeFile(join(parent, '.env'), '# ours\nVALISE_TEST_A="from file"\nPATH=none\n');
  const environment = readEnvironment(parent);
  assert.equal(environment.VALISE_TEST_A, 'from file');
  assert.equal(environment.PATH, process.env.PATH);
  assert.equal(readEnvironment(join(parent, 'nowhere')).PATH, process.env.PATH);
});
