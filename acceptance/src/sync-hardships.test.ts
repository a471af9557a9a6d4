import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import {
  appendFile,
  cp,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { valise } from './harness/cli.ts';
import { pseudoRandom } from './harness/content.ts';
import { shiftedClock } from './harness/server.ts';
import { untilStable } from './harness/sync-device.ts';
import { twoDevices } from './harness/two-devices.ts';
import { until } from './harness/until.ts';

const MiB = 1024 * 1024;
const DAY_MS = 86_400_000;
/** A second for each of the large file's megabytes: long enough to do something meanwhile. */
const SLOW = ['--limit-up', '2M', '--limit-down', '2M'];
const LARGE = 12 * MiB;

const NAMES = [
  ' leading space',
  'AUX.txt',
  'CON',
  'a%2Fb %41',
  'a:b*c?d|e<f>',
  'back\\slash',
  'lock.lock',
  'name~',
  '~name',
  '#hash&and;semi',
  '"quotes" and \'others\'',
  'x.valise-0123456789ab',
  '👩‍👩‍👧‍👦 family',
  'שלום عالم',
  'é composed',
  'e\u0301e decomposed',
  'é'.repeat(127),
  'n'.repeat(255),
] as const;
const REFUSED = ['new\nline', 'tab\there'] as const;

describe('hard times for a sync, with real agents', () => {
  const { laptop, desktop, here, there } = twoDevices();

  test('names of all kinds arrive; what the server takes from nobody is told', async () => {
    for (const name of [...NAMES, ...REFUSED]) await writeFile(here(name), name);
    await mkdir(here('trailing dot.'));
    await writeFile(here('trailing dot./trailing space '), '1');
    const sent = await laptop.once();
    const told = JSON.stringify(
      (await laptop.run('sync', laptop.folder, '--once', '--json')).stdout,
    );
    for (const name of REFUSED) assert.ok(told.includes(name.slice(-4)), `${name}: ${told}`);
    assert.equal(sent.code, 4, sent.stderr);
    assert.equal((await desktop.once()).code, 0);
    const expected = laptop.outline();
    for (const name of REFUSED) expected.delete(name);
    assert.deepEqual(desktop.outline(), expected);
    assert.ok(expected.size >= NAMES.length + 2);
  });

  test('paths over 260 and over 4,096 bytes, fifty levels deep', async () => {
    const level = 'a level of some depth';
    await mkdir(here(Array(50).fill(level).join('/')), { recursive: true });
    await writeFile(here(`${Array(50).fill(level).join('/')}/deep`), 'deep');
    // No single call reaches so far: step by step.
    const step = "fs.mkdirSync('x'.repeat(100)); process.chdir('x'.repeat(100));";
    const script = `for (let i = 0; i < 45; i++) { ${step} } fs.writeFileSync('far', 'far');`;
    execFileSync(process.execPath, ['--eval', script], { cwd: laptop.folder });
    try {
      await writeFile(here('beside'), '1');
      const sent = await laptop.once();
      assert.equal(sent.code, 4, sent.stderr);
      assert.match(sent.stderr, /^x[x/]+: this folder can’t be read/m);
      await desktop.once();
      assert.equal(await readFile(there('beside'), 'utf8'), '1');
      const deep = `${Array(50).fill(level).join('/')}/deep`;
      assert.equal(await readFile(there(deep), 'utf8'), 'deep');
    } finally {
      // Not even a recursive deletion by Node reaches so far.
      execFileSync('rm', ['-rf', here('x'.repeat(100)), there('x'.repeat(100))]);
    }
  });

  test('memory lost, and memory older than the disk: nothing is deleted, nothing doubled', async () => {
    for (let count = 0; count < 8; count++) await writeFile(here(`f${count}`), `${count}`);
    await laptop.once();
    await desktop.once();
    const older = join(laptop.home, '..', 'older');
    await cp(laptop.home, older, { recursive: true });
    await writeFile(here('f0'), 'edited');
    await rename(here('f1'), here('moved'));
    await rm(here('f2'));
    await laptop.once();
    await writeFile(there('f3'), 'edited elsewhere');
    await desktop.once();
    await laptop.once();
    const outline = laptop.outline();
    const restore = async () => {
      for (const name of await memoryOf(older))
        await cp(join(older, name), join(laptop.home, name));
    };
    const forget = async () => {
      for (const name of await memoryOf(laptop.home)) await rm(join(laptop.home, name));
    };
    for (const lose of [restore, forget]) {
      await lose();
      assert.equal((await laptop.once()).code, 0);
      assert.deepEqual(laptop.outline(), outline);
      await desktop.once();
      assert.deepEqual(desktop.outline(), outline);
    }
  });

  test('all times shifted, and clocks a day off', async () => {
    for (const name of ['a', 'b', 'c', 'd']) await writeFile(here(name), name);
    await laptop.once();
    for (const name of ['a', 'b', 'c', 'd']) {
      const { mtimeMs } = await stat(here(name));
      await utimes(here(name), (mtimeMs - 3_600_000) / 1_000, (mtimeMs - 3_600_000) / 1_000);
    }
    const again = await laptop.once('--json');
    assert.equal(JSON.parse(again.stdout.trim().split('\n').at(-1) ?? '').sent, 0);
    for (const [name, shift] of [
      ['a', DAY_MS],
      ['b', -DAY_MS],
    ] as const) {
      await writeFile(here(name), `${name} again`);
      const off = await valise(['sync', laptop.folder, '--once'], {
        home: laptop.home,
        env: shiftedClock(shift),
      });
      assert.equal(off.code, 0, off.stderr);
    }
    await desktop.once();
    assert.deepEqual(desktop.outline(), laptop.outline());
    assert.equal(laptop.outline().size, 4);
  });

  test('a file that grows, is edited, renamed, moved or deleted while it is sent', async () => {
    await mkdir(here('folder'));
    for (const name of ['grows', 'edited', 'renamed', 'moved', 'deleted', 'folder/inside']) {
      await writeFile(here(name), pseudoRandom(name, LARGE / 6));
    }
    // More than one PUT carries: looked at once more before it is put together.
    for (const name of ['large renamed', 'large deleted']) {
      await writeFile(here(name), pseudoRandom(name, 9 * MiB));
    }
    for (let count = 0; count < 10; count++) await writeFile(here(`other ${count}`), `${count}`);
    laptop.start({ options: SLOW });
    await until(async () => ((await laptop.status())?.sent ?? 0) > 0);
    await appendFile(here('grows'), 'the end');
    await writeFile(here('edited'), pseudoRandom('again', LARGE / 6));
    await rename(here('renamed'), here('renamed again'));
    await rename(here('moved'), here('folder/moved'));
    await rm(here('deleted'));
    await rename(here('large renamed'), here('large renamed again'));
    await rm(here('large deleted'));
    await rename(here('folder'), here('folder again'));
    // A hundred more while all this is looked at.
    for (let count = 0; count < 100; count++) await writeFile(here(`more ${count}`), `${count}`);
    desktop.start();
    await untilStable([laptop, desktop]);
    const names = [...desktop.outline().keys()].filter((name) => !/^(more|other) \d/.test(name));
    assert.deepEqual(names, [
      'edited',
      'folder again',
      'folder again/inside',
      'folder again/moved',
      'grows',
      'large renamed again',
      'renamed again',
    ]);
    assert.ok((await readFile(there('grows'))).subarray(-7).equals(Buffer.from('the end')));
  });

  test('an edit here while the next version is received: both are kept', async () => {
    await writeFile(here('film'), pseudoRandom('film', LARGE));
    for (const name of ['x', 'y']) await writeFile(here(name), name);
    await laptop.once();
    await desktop.once();
    const next = Buffer.from(pseudoRandom('film, next', LARGE));
    await writeFile(here('film'), next);
    await laptop.once();
    desktop.start({ options: SLOW });
    await until(async () => ((await desktop.status())?.received ?? 0) > MiB);
    await writeFile(there('film'), 'edited meanwhile');
    laptop.start();
    await untilStable([laptop, desktop]);
    const contents = await Promise.all(
      [...laptop.outline().keys()].map((name) => readFile(here(name))),
    );
    assert.ok(contents.some((content) => content.equals(next)));
    assert.ok(contents.some((content) => content.equals(Buffer.from('edited meanwhile'))));
    assert.equal(contents.length, 4);
  });

  test('killed at any moment, a path holds the complete old or the complete new content', async () => {
    const versions = [1, 2].map((number) => Buffer.from(pseudoRandom(`version ${number}`, LARGE)));
    const [old = Buffer.of(), next = Buffer.of()] = versions;
    await writeFile(here('film'), old);
    await laptop.once();
    await desktop.once();
    await writeFile(here('film'), next);
    await laptop.once();
    for (const life of [300, 800, 1_500]) {
      desktop.start({ options: SLOW });
      await desktop.untilListening();
      await new Promise((done) => setTimeout(done, life));
      await desktop.kill();
      const content = await readFile(there('film'));
      assert.ok(content.equals(old) || content.equals(next));
    }
    assert.equal((await desktop.once()).code, 0);
    assert.ok((await readFile(there('film'))).equals(next));
    assert.ok(!existsSync(there('.valise/received/film')));
  });
});

async function memoryOf(home: string): Promise<string[]> {
  const files = await readdir(home, { recursive: true });
  return files.filter((name) => /\.db(-\w+)?$/.test(name));
}
