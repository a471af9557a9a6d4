import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { type Account, Api, assertSameBytes, expectStatus, upload } from './harness/api.ts';
import { type CliResult, valise } from './harness/cli.ts';
import { pseudoRandom } from './harness/content.ts';
import { TestServer } from './harness/server.ts';
import { skipUnlessEmbedded } from './harness/store.ts';

const MiB = 1024 * 1024;
const run = promisify(execFile);
const skip = skipUnlessEmbedded || (process.getuid?.() !== 0 && 'only root may mount small disks');

/** A disk of its own, in memory. */
async function mount(folder: string, megabytes: number): Promise<void> {
  await mkdir(folder, { recursive: true });
  await run('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=0755`, 'valise-test', folder]);
}
async function grow(folder: string, megabytes: number): Promise<void> {
  await run('mount', ['-o', `remount,size=${megabytes}m`, folder]);
}

describe('a full disk', { skip }, () => {
  let data: string;
  let home: string;
  let server: TestServer;
  let api: Api;
  const disk = () => join(data, 'objects');
  const small = () => join(home, 'small disk');

  before(async () => {
    data = await mkdtemp(join(tmpdir(), 'valise-full-'));
    home = await mkdtemp(join(tmpdir(), 'valise-full-home-'));
    await mount(disk(), 300);
    await mount(small(), 30);
    server = await TestServer.start({ data });
    const guest = new Api(server.url);
    const ann: Account = await guest.register();
    api = guest.as(ann);
    const args = ['login', server.url, '--email', ann.email, '--password-stdin'];
    assert.equal((await valise(args, { home, input: ann.password })).code, 0);
  });
  after(async () => {
    await server.stop();
    for (const folder of [disk(), small()]) await run('umount', [folder]);
    for (const folder of [data, home]) await rm(folder, { recursive: true });
  });

  function cli(...args: string[]): Promise<CliResult> {
    return valise(args, { home });
  }
  async function names(): Promise<string[]> {
    const { items } = expectStatus(await api.get('/folders/root/children'), 200);
    return items.map((item: { name: string }) => item.name);
  }

  /** So much that the disk would have to be empty; each file fits by itself. */
  async function putMany(): Promise<CliResult> {
    const folder = join(home, 'many');
    await mkdir(folder, { recursive: true });
    const content = Buffer.from(pseudoRandom('many', 6 * MiB));
    for (let n = 0; n < 60; n++) {
      content.writeUInt32LE(n);
      await writeFile(join(folder, `${n}`), content);
    }
    const result = await cli('put', 'many');
    await rm(folder, { recursive: true });
    return result;
  }

  test('of the store: put says so and exits 1, what is there stays, room lets it go on', async () => {
    const one = pseudoRandom('one', 100 * MiB);
    const two = pseudoRandom('two', 220 * MiB);
    await writeFile(join(home, 'one'), one);
    await writeFile(join(home, 'two'), two);
    assert.equal((await cli('put', 'one')).code, 0);
    const full = await cli('put', 'two');
    assert.equal(full.code, 1, full.stderr);
    assert.match(full.stderr, /storage is full/);
    assert.deepEqual(await names(), ['one']);
    const many = await putMany();
    assert.equal(many.code, 1, many.stderr);
    assert.equal(many.stderr.match(/storage is full/g)?.length, 1, 'said once, not per file');
    assert.equal((await cli('get', 'one', 'one.back')).code, 0);
    assertSameBytes(await readFile(join(home, 'one.back')), one);
    // Metadata has a disk of its own here: it goes on.
    expectStatus(await api.post('/folders', { name: 'folder', parentId: null }), 201);
    await grow(disk(), 700);
    const put = await cli('put', 'two');
    assert.equal(put.code, 0, put.stderr);
    await rm(join(home, 'two'));
    assert.equal((await cli('get', 'two')).code, 0);
    assertSameBytes(await readFile(join(home, 'two')), two);
  });

  test('of the one who gets: exit 1, nothing half, and the same command goes on', async () => {
    const content = pseudoRandom('wide', 60 * MiB);
    await upload(api, { name: 'wide', content });
    const failed = await cli('get', 'wide', 'small disk/wide');
    assert.equal(failed.code, 1, failed.stderr);
    assert.match(failed.stderr, /no space/i);
    assert.ok(!(await readdir(small())).includes('wide'));
    for (const name of await readdir(small()))
      assert.match(name, /^\./, 'only what a repeat needs');
    await grow(small(), 200);
    const again = await cli('get', 'wide', 'small disk/wide');
    assert.equal(again.code, 0, again.stderr);
    assertSameBytes(await readFile(join(small(), 'wide')), content);
    assert.deepEqual(await readdir(small()), ['wide']);
  });

  test('several small files onto it: those that fit are whole, the rest is named', async () => {
    await rm(join(small(), 'wide'));
    await grow(small(), 20);
    const made = await api.post('/folders', { name: 'narrow', parentId: null });
    const parentId = expectStatus(made, 201).file.id;
    for (let n = 0; n < 8; n++) {
      const content = pseudoRandom(`narrow ${n}`, 6 * MiB);
      await upload(api, { name: `narrow ${n}`, content, parentId });
    }
    const failed = await cli('get', 'narrow', 'small disk');
    assert.ok([1, 4].includes(failed.code ?? 0), `${failed.code} ${failed.stderr}`);
    assert.match(failed.stderr, /no space/i);
    const narrow = join(small(), 'narrow');
    for (const name of await readdir(narrow)) {
      const n = Number(/^narrow (\d)$/.exec(name)?.[1] ?? Number.NaN);
      assertSameBytes(
        await readFile(join(narrow, name)),
        pseudoRandom(`narrow ${n}`, 6 * MiB),
        name,
      );
    }
  });
});
