import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import {
  appendFile,
  chmod,
  mkdir,
  readFile,
  rename,
  rm,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { lines } from './harness/cli.ts';
import { pseudoRandom } from './harness/content.ts';
import { untilStable } from './harness/sync-device.ts';
import { twoDevices } from './harness/two-devices.ts';
import { until } from './harness/until.ts';

describe('valise sync, on two devices', () => {
  const { laptop, desktop, here, there } = twoDevices();

  test('--once carries everything over, and a second time does nothing', async () => {
    await mkdir(here('docs/deep'), { recursive: true });
    await writeFile(here('docs/deep/a.txt'), 'a');
    await writeFile(here('run.sh'), '#!/bin/sh\n');
    await chmod(here('run.sh'), 0o755);
    await utimes(here('run.sh'), 1_600_000_000, 1_600_000_000.25);
    await symlink('docs/deep', here('link'));
    await writeFile(here('empty'), '');
    await writeFile(here('large.bin'), pseudoRandom('large', 20 * 1024 * 1024));
    assert.equal((await laptop.once()).code, 0);
    assert.equal((await desktop.once()).code, 0);
    assert.deepEqual(desktop.outline(), laptop.outline());
    const again = lines(await laptop.run('sync', laptop.folder, '--once', '--json'));
    assert.deepEqual(
      again.filter(({ type }) => type === 'change'),
      [],
    );
  });

  test('changes of all kinds arrive, in both directions, while agents run', async () => {
    await mkdir(here('folder'));
    await writeFile(here('folder/one'), '1');
    await writeFile(here('two'), '2');
    laptop.start();
    desktop.start();
    await untilStable([laptop, desktop]);
    await rename(here('folder'), here('renamed'));
    await appendFile(there('two'), ' and more');
    await writeFile(there('three'), '3');
    await untilStable([laptop, desktop]);
    assert.equal(await readFile(here('two'), 'utf8'), '2 and more');
    assert.equal(await readFile(there('renamed/one'), 'utf8'), '1');
    await rm(there('three'));
    await chmod(here('two'), 0o755);
    await untilStable([laptop, desktop]);
    assert.ok(!existsSync(here('three')));
    assert.equal(await laptop.stop(), 130);
  });

  test('two edits of one file: the later one wins, the other is kept beside it', async () => {
    await writeFile(here('plan.txt'), 'first');
    await laptop.once();
    await desktop.once();
    await writeFile(here('plan.txt'), 'from the laptop');
    await writeFile(there('plan.txt'), 'from the desktop');
    await laptop.once();
    await desktop.once();
    await laptop.once();
    const names = [...laptop.outline().keys()];
    assert.deepEqual(desktop.outline(), laptop.outline());
    assert.equal(await readFile(here('plan.txt'), 'utf8'), 'from the desktop');
    const copy = names.find((name) => /^plan \(conflicted copy, .+, [\d-]{10}\)\.txt$/.test(name));
    assert.ok(copy !== undefined, `${names}`);
    assert.equal(await readFile(here(copy), 'utf8'), 'from the laptop');
  });

  test('an edit beats a deletion; what is deleted elsewhere goes to the trash', async () => {
    for (const name of ['edited', 'deleted', 'x', 'y', 'z']) await writeFile(here(name), name);
    await laptop.once();
    await desktop.once();
    await rm(here('edited'));
    await rm(here('deleted'));
    await writeFile(there('edited'), 'edited again');
    await laptop.once();
    await desktop.once();
    await laptop.once();
    assert.equal(await readFile(here('edited'), 'utf8'), 'edited again');
    assert.ok(!existsSync(there('deleted')));
    const day = new Date().toISOString().slice(0, 10);
    assert.equal(await readFile(there(`.valise/trash/${day}/deleted`), 'utf8'), 'deleted');
  });

  test('two filled folders at first contact are merged, equal files without a copy', async () => {
    await writeFile(here('same'), 'same');
    await writeFile(there('same'), 'same');
    await writeFile(here('mine'), 'mine');
    await writeFile(there('yours'), 'yours');
    await laptop.once();
    await desktop.once();
    await laptop.once();
    assert.deepEqual([...laptop.outline().keys()], ['mine', 'same', 'yours']);
    assert.deepEqual([...desktop.outline().keys()], ['mine', 'same', 'yours']);
  });

  test('mass deletion waits for a word, and the root must be the one that it was', async () => {
    for (let count = 0; count < 10; count++) await writeFile(here(`f${count}`), `${count}`);
    await laptop.once();
    for (let count = 0; count < 8; count++) await rm(here(`f${count}`));
    const held = await laptop.once();
    assert.equal(held.code, 5);
    assert.match(held.stderr, /8 files of 10 .*--accept-deletes/);
    await desktop.once();
    assert.equal(desktop.outline().size, 10);
    assert.equal((await laptop.once('--accept-deletes')).code, 0);

    await rm(laptop.folder, { recursive: true });
    await mkdir(laptop.folder);
    const missing = await laptop.once();
    assert.equal(missing.code, 5, missing.stderr);
    assert.equal((await laptop.once('--new-root')).code, 0);
    assert.deepEqual([...laptop.outline().keys()], ['f8', 'f9']);
  });

  test('most of all files rewritten waits for a word, and everything else goes on', async () => {
    for (let count = 0; count < 30; count++) await writeFile(here(`f${count}`), `${count}`);
    await laptop.once();
    await desktop.once();
    const rewrite = async () => {
      for (let count = 0; count < 24; count++) await writeFile(here(`f${count}`), 'encrypted');
    };
    await rewrite();
    await writeFile(here('new'), 'new');
    const held = await laptop.once();
    assert.equal(held.code, 5);
    assert.match(
      held.stderr,
      /24 files of 3\d have other contents .*nothing was sent.*--accept-edits/,
    );
    const log = await readFile(join(laptop.home, 'sync.log'), 'utf8');
    assert.match(log, /Waiting for you: 2\d files of 3\d have other contents/);
    await desktop.once();
    assert.equal(await readFile(there('f0'), 'utf8'), '0');
    assert.equal(await readFile(there('new'), 'utf8'), 'new');

    laptop.start();
    await until(async () => (await laptop.status())?.state === 'held');
    assert.equal((await laptop.status())?.heldEdits?.files, 24);
    assert.match((await laptop.run('status')).stdout, /24 files of 31 .*resume --accept-edits/);
    // What is as it was is no edit.
    await writeFile(here('f0'), '0');
    await until(async () => (await laptop.status())?.heldEdits?.files === 23);
    assert.equal((await laptop.run('resume', '--accept-edits')).code, 0);
    await until(() => laptop.isIdle());
    await laptop.stop();
    await desktop.once();
    assert.deepEqual(desktop.outline(), laptop.outline());
    await rewrite();
    for (let count = 0; count < 24; count++) await appendFile(here(`f${count}`), ' again');
    assert.equal((await laptop.once('--accept-edits')).code, 0);
    await desktop.once();
    assert.equal(await readFile(there('f0'), 'utf8'), 'encrypted again');
  });

  test('so does what was rewritten and renamed; its new names go', async () => {
    for (let count = 0; count < 30; count++) await writeFile(here(`f${count}`), `${count}`);
    await laptop.once();
    await desktop.once();
    for (let count = 0; count < 24; count++) await writeFile(here(`f${count}`), 'encrypted');
    assert.equal((await laptop.once()).code, 5);
    for (let count = 0; count < 24; count++) {
      await rename(here(`f${count}`), here(`f${count}.locked`));
    }
    const held = await laptop.once();
    assert.equal(held.code, 5);
    assert.match(held.stderr, /24 files of 30 have other contents .*--accept-edits/);
    await desktop.once();
    for (let count = 0; count < 24; count++) {
      assert.equal(await readFile(there(`f${count}.locked`), 'utf8'), `${count}`);
    }
    assert.equal((await laptop.once('--accept-edits')).code, 0);
    await desktop.once();
    assert.deepEqual(desktop.outline(), laptop.outline());
  });

  test('what is ignored stays here, and comes along unharmed once it no longer is', async () => {
    await writeFile(here('.valiseignore'), 'build/\n*.log\n!keep.log\n');
    await mkdir(here('build'));
    await writeFile(here('build/x'), 'x');
    await writeFile(here('a.log'), 'a');
    await writeFile(here('keep.log'), 'keep');
    await laptop.once();
    await desktop.once();
    assert.deepEqual([...desktop.outline().keys()], ['.valiseignore', 'keep.log']);
    await writeFile(here('.valiseignore'), '');
    await laptop.once();
    await desktop.once();
    assert.deepEqual(desktop.outline(), laptop.outline());
    assert.ok(desktop.outline().has('build/x'));
  });

  test('one agent a folder; status, pause and resume reach it; its root goes while it runs', async () => {
    laptop.start();
    await untilStable([laptop]);
    const second = await laptop.once();
    assert.equal(second.code, 1);
    assert.match(second.stderr, /already/);
    assert.equal((await laptop.run('pause')).code, 0);
    assert.equal((await laptop.status())?.state, 'paused');
    await writeFile(here('while-paused'), '1');
    assert.equal((await laptop.run('resume')).code, 0);
    await untilStable([laptop]);
    await desktop.once();
    assert.ok(existsSync(there('while-paused')));
    await writeFile(here('.valiseignore'), 'mine\n');
    await writeFile(here('mine'), '1');
    await untilStable([laptop]);
    const states = async (...path: readonly string[]) =>
      lines(await laptop.run('status', ...path, '--json')).map(({ path, state }) => [path, state]);
    assert.deepEqual(await states(here('while-paused')), [['while-paused', 'synced']]);
    assert.deepEqual(await states(here('mine')), [['mine', 'left out']]);
    assert.deepEqual(await states(laptop.folder), [
      ['.valiseignore', 'synced'],
      ['while-paused', 'synced'],
    ]);
    // As when its disk is unmounted: that is no deletion.
    await rename(laptop.folder, `${laptop.folder} away`);
    await mkdir(laptop.folder);
    assert.equal(await laptop.ended(), 5);
    assert.equal((await laptop.run('status')).code, 1);
    await desktop.once();
    assert.ok(existsSync(there('while-paused')));
  });

  test('a revoked device stops with 3 and keeps its files', async () => {
    await writeFile(here('a'), 'a');
    laptop.start();
    await untilStable([laptop]);
    const devices = lines(await desktop.run('devices', '--json'));
    const other = devices.find(({ current, type }) => type === 'device' && current === false);
    assert.ok(other !== undefined, JSON.stringify(devices));
    const revoked = await desktop.run('devices', 'revoke', other.id);
    assert.equal(revoked.code, 0, revoked.stderr);
    assert.equal(await laptop.ended(), 3);
    assert.equal(await readFile(here('a'), 'utf8'), 'a');
  });
});
