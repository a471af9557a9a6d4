import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import {
  appendFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { Api } from './harness/api.ts';
import { TestServer } from './harness/server.ts';
import { SyncDevice } from './harness/sync-device.ts';
import { until } from './harness/until.ts';

describe('valise sync, between two people', () => {
  let server: TestServer;
  let root: string;
  let ann: SyncDevice;
  let bob: SyncDevice;
  let bobsAddress: string;

  before(async () => {
    server = await TestServer.start();
  });
  after(async () => {
    await server[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'valise-sync-shares-'));
    ann = new SyncDevice(root, 'ann');
    bob = new SyncDevice(root, 'bob');
    await ann.login(server.url, await new Api(server.url).register());
    const account = await new Api(server.url).register();
    bobsAddress = account.email;
    await bob.login(server.url, account);
  });
  afterEach(async () => {
    await ann.kill();
    await bob.kill();
    await rm(root, { recursive: true, force: true });
  });
  const anns = (path: string) => join(ann.folder, path);
  const bobs = (path: string) => join(bob.folder, 'Shared with me', path);
  const own = (path: string) => join(bob.folder, path);
  const share = async (path: string, role = 'editor') => {
    const result = await ann.run('share', path, bobsAddress, '--role', role);
    assert.equal(result.code, 0, result.stderr);
  };
  const unshare = async (path: string) => {
    const result = await ann.run('unshare', path, bobsAddress);
    assert.equal(result.code, 0, result.stderr);
  };
  /** A folder of hers with two files in it, on both disks. */
  const plans = async (role = 'editor') => {
    await mkdir(anns('Plans/deep'), { recursive: true });
    await writeFile(anns('Plans/one'), '1');
    await writeFile(anns('Plans/deep/two'), '2');
    await ann.once();
    await share('Plans', role);
    const synced = await bob.once();
    assert.equal(synced.code, 0, synced.stderr);
    assert.equal(await readFile(bobs('Plans/deep/two'), 'utf8'), '2');
  };
  const names = (device: SyncDevice) => [...device.outline().keys()];

  test('what an editor changes is the owner’s, while both run and one is killed', async () => {
    await mkdir(anns('Plans'));
    await writeFile(anns('Plans/one'), '1');
    ann.start();
    bob.start();
    await until(() => ann.isIdle());
    await share('Plans');
    await until(() => existsSync(bobs('Plans/one')));
    await writeFile(bobs('Plans/two'), '2');
    await appendFile(bobs('Plans/one'), ' and more');
    await until(() => existsSync(anns('Plans/two')));
    await bob.kill();
    await rename(anns('Plans'), anns('Ideas'));
    await rename(bobs('Plans/two'), bobs('Plans/three'));
    bob.start();
    await until(() => existsSync(bobs('Ideas/three')) && existsSync(anns('Ideas/three')));
    await until(async () => (await readFile(anns('Ideas/one'), 'utf8')) === '1 and more');
    assert.ok(!existsSync(bobs('Plans')));
    await unshare('Ideas');
    await until(() => !existsSync(bobs('Ideas')));
    assert.deepEqual(names(ann), ['Ideas', 'Ideas/one', 'Ideas/three']);
  });

  test('an editor of a single file edits it where it stands, and its owner has that', async () => {
    await mkdir(anns('private'));
    await writeFile(anns('private/plan.txt'), '1');
    ann.start();
    bob.start();
    await until(() => ann.isIdle());
    await share('private/plan.txt');
    await until(() => existsSync(bobs('plan.txt')));
    await appendFile(bobs('plan.txt'), ' and more');
    const plan = () => readFile(anns('private/plan.txt'), 'utf8');
    await until(async () => (await plan()) === '1 and more');
    // What he saves as editors of text do, a draft first, then a rename over it.
    await writeFile(bobs('.plan.txt.swp'), 'all new');
    await rename(bobs('.plan.txt.swp'), bobs('plan.txt'));
    await until(async () => (await plan()) === 'all new');
    await bob.kill();
    await appendFile(bobs('plan.txt'), ', later');
    await rename(anns('private/plan.txt'), anns('private/renamed.txt'));
    await until(() => ann.isIdle());
    bob.start();
    await until(() => existsSync(bobs('renamed.txt')));
    await until(
      async () => (await readFile(anns('private/renamed.txt'), 'utf8')) === 'all new, later',
    );
    await until(async () => (await ann.isIdle()) && (await bob.isIdle()));
    assert.deepEqual(names(ann), ['private', 'private/renamed.txt']);
    assert.deepEqual(names(bob), ['Shared with me', 'Shared with me/renamed.txt']);
  });

  test('two edits of a single file: the owner has both, and the last one counts', async () => {
    await mkdir(anns('private'));
    await writeFile(anns('private/plan.txt'), '1');
    await writeFile(anns('plan.txt'), 'another');
    await ann.once();
    await share('private/plan.txt');
    await share('plan.txt');
    await bob.once();
    await writeFile(bobs('plan.txt'), 'bob’s');
    await writeFile(bobs('plan (Ann).txt'), 'bob’s, too');
    await writeFile(anns('private/plan.txt'), 'ann’s');
    await ann.once();
    assert.equal((await bob.once()).code, 0);
    await ann.once();
    assert.equal(await readFile(anns('private/plan.txt'), 'utf8'), 'bob’s');
    assert.equal(await readFile(anns('plan.txt'), 'utf8'), 'bob’s, too');
    const [copy, ...more] = names(ann).filter((name) => name.includes('conflicted copy'));
    assert.deepEqual([copy?.startsWith('private/plan ('), more], [true, []]);
    assert.equal(await readFile(anns(copy ?? ''), 'utf8'), 'ann’s');
  });

  test('a viewer’s changes are undone, and what they wrote is kept beside', async () => {
    await plans('viewer');
    await writeFile(bobs('Plans/one'), 'mine');
    await rm(bobs('Plans/deep'), { recursive: true });
    await writeFile(bobs('Plans/new'), 'new');
    const synced = await bob.once();
    assert.equal(synced.code, 4);
    assert.match(synced.stderr, /Plans\/new: shared with you for reading only/);
    assert.equal(await readFile(bobs('Plans/one'), 'utf8'), '1');
    assert.equal(await readFile(bobs('Plans/deep/two'), 'utf8'), '2');
    const copy = names(bob).find((name) => name.includes('one (conflicted copy'));
    assert.equal(await readFile(own(copy ?? ''), 'utf8'), 'mine');
    await rename(bobs('Plans/one'), bobs('Plans/renamed'));
    await bob.once();
    assert.ok(existsSync(bobs('Plans/one')) && !existsSync(bobs('Plans/renamed')));
    await ann.once();
    assert.deepEqual(names(ann), ['Plans', 'Plans/deep', 'Plans/deep/two', 'Plans/one']);

    await share('Plans', 'editor');
    assert.equal((await bob.once()).code, 0);
    await ann.once();
    assert.equal(await readFile(anns('Plans/new'), 'utf8'), 'new');
    assert.ok(names(ann).some((name) => name.includes('one (conflicted copy')));
  });

  test('an edit that a revocation came before stays here', async () => {
    await plans();
    await writeFile(bobs('Plans/one'), 'not sent yet');
    await unshare('Plans');
    const synced = await bob.once();
    assert.match(synced.stderr, /nobody shares this with you/);
    assert.equal(await readFile(bobs('Plans/one'), 'utf8'), 'not sent yet');
    assert.ok(!existsSync(bobs('Plans/deep')));
    await share('Plans');
    await bob.once();
    assert.equal(await readFile(bobs('Plans/one'), 'utf8'), '1');
    const left = names(bob).find((name) => name.endsWith('/one') && name.includes('conflicted'));
    assert.equal(await readFile(own(left ?? ''), 'utf8'), 'not sent yet');
  });

  test('removing a share asks, and then leaves it or brings it back', async () => {
    await plans();
    await rm(bobs('Plans'), { recursive: true });
    const asked = await bob.once();
    assert.equal(asked.code, 5);
    assert.match(asked.stderr, /removed Shared with me\/Plans.*--leave/s);
    await bob.once('--bring-back');
    assert.equal(await readFile(bobs('Plans/deep/two'), 'utf8'), '2');
    await rm(join(bob.folder, 'Shared with me'), { recursive: true });
    assert.equal((await bob.once('--leave')).code, 0);
    assert.ok(!existsSync(bobs('Plans')));
    assert.equal((await bob.run('ls', '--shared')).stdout, '');
    await ann.once();
    assert.equal(await readFile(anns('Plans/deep/two'), 'utf8'), '2');
  });

  test('what is moved between owners is copied there, and then removed', async () => {
    await plans();
    await rename(bobs('Plans/deep'), own('mine'));
    await mkdir(own('gift/inner'), { recursive: true });
    await writeFile(own('gift/inner/three'), '3');
    await bob.once();
    await rename(own('gift'), bobs('Plans/gift'));
    assert.equal((await bob.once()).code, 0);
    await ann.once();
    assert.deepEqual(names(ann), [
      'Plans',
      'Plans/gift',
      'Plans/gift/inner',
      'Plans/gift/inner/three',
      'Plans/one',
    ]);
    assert.equal(await readFile(own('mine/two'), 'utf8'), '2');
    const there = await bob.run('ls');
    assert.match(there.stdout, /mine/);
    assert.doesNotMatch(there.stdout, /gift/);
  });

  test('a role that changes while both run', async () => {
    await plans('viewer');
    ann.start();
    bob.start();
    await until(async () => (await ann.isIdle()) && (await bob.isIdle()));
    await writeFile(bobs('Plans/new'), 'new');
    await until(async () => (await bob.status())?.problems.length === 1);
    await share('Plans', 'editor');
    await until(() => existsSync(anns('Plans/new')));
    await share('Plans', 'viewer');
    await until(async () => {
      await writeFile(bobs('Plans/later'), 'later');
      return (await bob.status())?.problems.length === 1;
    });
    await writeFile(anns('Plans/one'), 'again');
    await until(async () => (await readFile(bobs('Plans/one'), 'utf8')) === 'again');
    assert.ok(!existsSync(anns('Plans/later')));
  });

  test('killed while a tree goes from one owner to another, nothing is lost or doubled', async () => {
    await plans();
    await mkdir(own('gift'));
    for (let count = 0; count < 40; count++) await writeFile(own(`gift/f${count}`), `${count}`);
    await bob.once();
    for (const [from, to] of [
      [own('gift'), bobs('Plans/gift')],
      [bobs('Plans/gift'), own('back')],
    ] as const) {
      await rename(from, to);
      for (const pause of [400, 800, 1_200, 1_600]) {
        bob.start();
        await new Promise((done) => setTimeout(done, pause));
        await bob.kill();
      }
      assert.equal((await bob.once()).code, 0);
      for (let count = 0; count < 40; count++) {
        assert.equal(await readFile(join(to, `f${count}`), 'utf8'), `${count}`);
      }
    }
    await ann.once();
    assert.deepEqual(names(ann), ['Plans', 'Plans/deep', 'Plans/deep/two', 'Plans/one']);
    const here = names(bob).filter((name) => !name.startsWith('Shared with me'));
    assert.equal(here.length, 41, `${here}`);
  });

  test('without its memory an agent knows the shares again', async () => {
    await plans();
    await forgetAll(bob);
    await writeFile(bobs('Plans/one'), 'edited');
    assert.equal((await bob.once()).code, 0);
    await ann.once();
    assert.equal(await readFile(anns('Plans/one'), 'utf8'), 'edited');
    assert.deepEqual(
      names(bob).filter((name) => /\/Plans \(/.test(name)),
      [],
    );
  });

  test('one’s own folder of that name makes room', async () => {
    await mkdir(own('Shared with me'));
    await writeFile(own('Shared with me/mine'), 'mine');
    await bob.once();
    await plans();
    assert.ok(existsSync(bobs('Plans/one')) && !existsSync(bobs('mine')));
    const moved = names(bob).find((name) => name.endsWith('/mine'));
    assert.match(moved ?? '', /^Shared with me \(conflicted copy, .+\)\/mine$/);
    assert.match((await bob.run('ls')).stdout, /Shared with me \(conflicted copy/);
  });

  test('two shares of one name', async () => {
    await plans();
    const cleo = new SyncDevice(root, 'cleo');
    await cleo.login(server.url, await new Api(server.url).register('Cleo'));
    await mkdir(join(cleo.folder, 'plans'));
    await cleo.once();
    await cleo.run('share', 'plans', bobsAddress);
    await bob.once();
    assert.ok(existsSync(bobs('plans (Cleo)')), `${names(bob)}`);
    assert.ok(existsSync(bobs('Plans/one')));
  });
});

/** Deletes what the agent remembers of its folder. */
async function forgetAll({ home }: SyncDevice): Promise<void> {
  const files = await readdir(home, { recursive: true });
  const memory = files.filter((name) => /\.db(-\w+)?$/.test(name));
  assert.ok(memory.length > 0, `${files}`);
  for (const name of memory) await rm(join(home, name));
}
