import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { pseudoRandom } from './harness/content.ts';
import { untilStable } from './harness/sync-device.ts';
import { twoDevices } from './harness/two-devices.ts';
import { until } from './harness/until.ts';

describe('what a person decides about a sync', () => {
  const { laptop, desktop, here, there } = twoDevices();

  test('a deselected folder goes from here alone, stays out, and comes back', async () => {
    await mkdir(here('films/old'), { recursive: true });
    await writeFile(here('films/old/a'), 'a');
    await writeFile(here('films/b'), 'b');
    for (const name of ['x', 'y', 'z']) await writeFile(here(name), name);
    laptop.start();
    desktop.start();
    await untilStable([laptop, desktop]);

    const nothing = await laptop.run('deselect', 'nowhere');
    assert.equal(nothing.code, 1);
    assert.match(nothing.stderr, /no folder nowhere/);
    const away = await laptop.run('deselect', 'films/');
    assert.equal(away.code, 0, away.stderr);
    assert.match(away.stdout, /films: at the server only/);
    assert.ok(!existsSync(here('films')));
    const day = new Date().toISOString().slice(0, 10);
    assert.equal(await readFile(here(`.valise/trash/${day}/films/old/a`), 'utf8'), 'a');

    // What others do with it meanwhile, its name included, stays there.
    await writeFile(there('films/b'), 'b again');
    await rename(there('films'), there('movies'));
    await untilStable([desktop]);
    await laptop.stop();
    laptop.start();
    await untilStable([laptop]);
    assert.deepEqual([...laptop.outline().keys()], ['x', 'y', 'z']);
    assert.ok(existsSync(there('movies/old/a')));
    assert.equal((await laptop.status())?.pending, 0);

    const back = await laptop.run('select', 'movies');
    assert.equal(back.code, 0, back.stderr);
    await untilStable([laptop, desktop]);
    assert.equal(await readFile(here('movies/b'), 'utf8'), 'b again');
  });

  test('a folder with something unsent in it is not taken away', async () => {
    await mkdir(here('work'));
    await writeFile(here('work/a'), 'a');
    laptop.start();
    await untilStable([laptop]);
    await laptop.run('pause');
    await writeFile(here('work/new'), 'nobody else has this');
    const refused = await laptop.run('deselect', 'work');
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /work stays as it is/);
    assert.equal(await readFile(here('work/new'), 'utf8'), 'nobody else has this');
    await laptop.run('resume');
    await untilStable([laptop]);
    assert.deepEqual([...laptop.outline().keys()], ['work', 'work/a', 'work/new']);
  });

  test('what is left out before the first sync never comes, and is none of its business', async () => {
    await mkdir(here('films/old'), { recursive: true });
    await mkdir(here('photos/raw'), { recursive: true });
    for (const path of ['films/old/a', 'photos/raw/b', 'photos/c', 'd']) {
      await writeFile(here(path), path);
    }
    await laptop.once();

    const unknown = await desktop.once('--without', 'films', '--without', 'photos/row');
    assert.equal(unknown.code, 1);
    assert.match(unknown.stderr, /no folder photos\/row/);
    assert.equal(desktop.outline().size, 0);
    assert.equal((await desktop.once('--without', '/')).code, 2);

    await mkdir(there('films'));
    await writeFile(there('films/mine'), 'from before');
    const left = await desktop.once('--without', 'films/', '--without', '/Photos/raw');
    assert.equal(left.code, 0, left.stderr);
    const chosen = ['d', 'films', 'films/mine', 'photos', 'photos/c'];
    assert.deepEqual([...desktop.outline().keys()], chosen);
    assert.equal((await desktop.once()).code, 0);
    assert.deepEqual([...desktop.outline().keys()], chosen);
    assert.equal((await laptop.once()).code, 0);
    assert.equal(laptop.outline().size, 8);
  });

  test('what others move into a deselected folder goes from here, edits of it are sent first', async () => {
    await mkdir(here('films'));
    await mkdir(here('work/deep'), { recursive: true });
    for (const path of ['work/a', 'work/b', 'work/deep/c', 'x', 'y', 'z']) {
      await writeFile(here(path), path);
    }
    await laptop.once();
    desktop.start();
    await untilStable([desktop]);
    assert.equal((await laptop.once('--without', 'films')).code, 0);
    await rename(there('work/a'), there('films/a'));
    await rename(there('work/deep'), there('films/deep'));
    await until(async () => /deep/.test((await laptop.run('ls', 'films')).stdout));
    await writeFile(here('work/a'), 'edited here meanwhile');
    await writeFile(here('work/deep/new'), 'new here');

    laptop.start();
    await until(() => !existsSync(here('work/a')) && !existsSync(here('work/deep')));
    await until(() => existsSync(there('films/deep/new')));
    await untilStable([desktop]);
    assert.deepEqual([...laptop.outline().keys()], ['work', 'work/b', 'x', 'y', 'z']);
    assert.equal(await readFile(there('films/a'), 'utf8'), 'edited here meanwhile');
    assert.equal(await readFile(there('films/deep/c'), 'utf8'), 'work/deep/c');
    await until(async () => (await laptop.status())?.pending === 0);
    assert.deepEqual((await laptop.status())?.problems, []);
  });

  test('a pause outlives the agent; --once goes on', async () => {
    laptop.start();
    await untilStable([laptop]);
    assert.equal((await laptop.run('pause')).code, 0);
    await laptop.stop();
    await writeFile(here('meanwhile'), '1');
    laptop.start();
    await laptop.untilListening();
    assert.equal((await laptop.status())?.state, 'paused');
    await laptop.stop();
    assert.equal((await laptop.once()).code, 0);
    await desktop.once();
    assert.ok(existsSync(there('meanwhile')));
  });

  test('with limits everything still arrives; a rate that is none is refused', async () => {
    await writeFile(here('large'), pseudoRandom('limited', 9 * 1024 * 1024));
    for (let count = 0; count < 20; count++) await writeFile(here(`small ${count}`), `${count}`);
    assert.equal((await laptop.once('--limit-up', '20M')).code, 0);
    assert.equal((await desktop.once('--limit-down', '20M')).code, 0);
    assert.deepEqual(desktop.outline(), laptop.outline());
    const wrong = await laptop.once('--limit-up', 'fast');
    assert.equal(wrong.code, 2);
    assert.match(wrong.stderr, /Bytes a second/);
  });
});
