import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { chmod, mkdir, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { ExfatDisk, skipUnlessExfat } from './harness/exfat-disk.ts';
import { outlineOf, type SyncDevice } from './harness/sync-device.ts';
import { twoDevices } from './harness/two-devices.ts';
import { until } from './harness/until.ts';

/** Between two seconds: FAT shows neither the milliseconds nor the odd second. */
const ODD_TIME = 1_600_000_001.251;

/** Names and contents alone: times and modes are not this disk's to tell. */
function contents(folder: string): Record<string, string> {
  const lines = [...outlineOf(folder)].map(([path, what]) => [path, what.split(' ').at(-1)]);
  return Object.fromEntries(lines);
}

describe('a folder on an exFAT disk', { skip: skipUnlessExfat }, () => {
  const { laptop, desktop, here, there } = twoDevices();
  let stick: ExfatDisk;
  beforeEach(async () => {
    stick = await ExfatDisk.make();
    await stick.holdFolder(laptop.folder);
  });
  afterEach(async () => {
    await laptop.kill();
    await stick.remove();
  });
  const once = async (device: SyncDevice, code = 0) => {
    const result = await device.once('--json');
    assert.equal(result.code, code, result.stderr + result.stdout);
    return result.stdout;
  };

  test('receives and sends; what it can’t show stays as it is elsewhere', async () => {
    await mkdir(there('folder'));
    await writeFile(there('folder/run'), '#!/bin/sh\n');
    await chmod(there('folder/run'), 0o755);
    await writeFile(there('plain'), 'plain');
    for (const path of ['folder/run', 'plain']) await utimes(there(path), ODD_TIME, ODD_TIME);
    await once(desktop);
    const before = desktop.outline();
    await once(laptop);
    assert.deepEqual(contents(laptop.folder), contents(desktop.folder));
    assert.doesNotMatch(await once(laptop), /"type":"change"/);
    assert.doesNotMatch(await once(desktop), /"type":"change"/);
    assert.deepEqual(desktop.outline(), before);

    await writeFile(here('folder/run'), '#!/bin/sh\nexit 1\n');
    await writeFile(here('new'), 'from the stick');
    await once(laptop);
    await once(desktop);
    assert.deepEqual(contents(desktop.folder), contents(laptop.folder));
    const after = desktop.outline();
    assert.match(after.get('folder/run') ?? '', / x /);
    assert.doesNotMatch(after.get('new') ?? '', / x /);
    assert.equal(after.get('plain'), before.get('plain'));
  });

  test('what it can’t hold is told, and nothing else waits for it', async () => {
    await symlink('plain', there('link'));
    for (const name of ['a:b', 'CON', 'dot.', 'plain']) await writeFile(there(name), name);
    await mkdir(there('what?'));
    await writeFile(there('what?/inside'), 'inside');
    await once(desktop);
    const told = await once(laptop, 4);
    for (const name of ['link', 'a:b', 'CON', 'dot.', 'what?']) {
      const line = told.split('\n').find((one) => one.includes(`"path":"${name}"`));
      assert.match(line ?? '', /this disk holds no/, `${name}: ${told}`);
    }
    assert.deepEqual(Object.keys(contents(laptop.folder)), ['plain']);
    await once(desktop);
    const names = ['CON', 'a:b', 'dot.', 'link', 'plain', 'what?', 'what?/inside'];
    assert.deepEqual([...desktop.outline().keys()].sort(), names);
    await rename(there('what?'), there('what'));
    await once(desktop);
    await once(laptop, 4);
    assert.equal(readFileSync(here('what/inside'), 'utf8'), 'inside');
  });

  test('edits, renames, other cases and deletions travel both ways', async () => {
    await mkdir(here('folder'));
    for (const name of ['a', 'b', 'c']) await writeFile(here(`folder/${name}`), name);
    laptop.start();
    desktop.start();
    const isSame = () =>
      JSON.stringify(contents(laptop.folder)) === JSON.stringify(contents(desktop.folder));
    const agreed = () => until(isSame);
    await until(() => existsSync(there('folder/c')));
    await agreed();

    await rename(here('folder/a'), here('folder/A'));
    await rm(here('folder/b'));
    await writeFile(there('folder/c'), 'edited there');
    await until(() => !existsSync(there('folder/b')) && existsSync(there('folder/A')));
    await until(() => readFileSync(here('folder/c'), 'utf8') === 'edited there');
    await agreed();

    await rename(there('folder'), there('Folder'));
    await until(() => readdirSync(laptop.folder).includes('Folder'));
    await rename(here('Folder'), here('elsewhere'));
    await until(() => existsSync(there('elsewhere/A')) && !existsSync(there('Folder')));
    await agreed();
    await rm(there('elsewhere'), { recursive: true });
    await until(() => !existsSync(here('elsewhere')));
    assert.deepEqual((await laptop.status())?.problems, []);
  });

  test('two edits of one size within one of its seconds: the last one counts', async () => {
    await writeFile(here('a'), 'one.');
    laptop.start();
    desktop.start();
    await until(() => existsSync(there('a')));
    for (let count = 100; count < 140; count++) {
      await writeFile(here('a'), `${count}`);
      await new Promise((done) => setTimeout(done, 25));
    }
    await until(() => readFileSync(there('a'), 'utf8') === '139');
    assert.deepEqual(readdirSync(desktop.folder).sort(), ['.valise', 'a']);
  });

  test('the disk is mounted again and numbers its files anew: nothing is sent', async () => {
    for (const name of ['one', 'two', 'three']) {
      await mkdir(here(name));
      await writeFile(here(`${name}/file`), name.padEnd(5));
      await utimes(here(`${name}/file`), ODD_TIME, ODD_TIME);
    }
    await once(laptop);
    await once(desktop);
    const before = desktop.outline();
    stick.unmount();
    const gone = await laptop.once();
    assert.equal(gone.code, 1, gone.stderr);
    stick.mount();
    // Others are looked at first now, and get the first numbers.
    for (const name of ['three', 'two', 'one']) readFileSync(here(`${name}/file`));
    assert.doesNotMatch(await once(laptop), /"type":"change"/);
    assert.doesNotMatch(await once(desktop), /"type":"change"/);
    assert.deepEqual(desktop.outline(), before);
    assert.ok(existsSync(join(laptop.folder, '.valise', 'root.json')));
  });
});
