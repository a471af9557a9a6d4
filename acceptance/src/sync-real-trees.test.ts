import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, open, readdir, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, test } from 'node:test';
import { pseudoRandom } from './harness/content.ts';
import { cleanEnvironment, REPOSITORY } from './harness/server.ts';
import { untilStable } from './harness/sync-device.ts';
import { twoDevices } from './harness/two-devices.ts';
import { until } from './harness/until.ts';

/** Entries of `node_modules`: packages with all their files, up to so many. */
const ENTRIES = 1_800;
const COMMITS = 24;
const ROWS = 2_000;
const PHOTOS = 16;

/** Writes rows into a database in WAL mode, one by one, and closes it properly. */
const WRITER = `
  import { DatabaseSync } from 'node:sqlite';
  const db = new DatabaseSync(process.argv[1]);
  db.exec('PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 50;');
  db.exec('CREATE TABLE rows (id INTEGER PRIMARY KEY, text TEXT)');
  const insert = db.prepare('INSERT INTO rows (text) VALUES (?)');
  for (let row = 0; row < ${ROWS}; row++) {
    insert.run('row ' + row + ' ' + 'x'.repeat(row % 400));
    if (row % 10 === 0) await new Promise((done) => setTimeout(done, 20));
  }
  db.close();
`;

describe('real trees', () => {
  const { laptop, desktop, here, there } = twoDevices();

  test('node_modules and a source tree: every file, link and mode', async () => {
    const from = join(REPOSITORY, 'node_modules');
    let left = ENTRIES;
    // The links of commands among the first.
    for (const name of readdirSync(from).sort()) {
      if (left < 0) break;
      if (name === '.cache' || !lstatSync(join(from, name)).isDirectory()) continue;
      const count = readdirSync(join(from, name), { recursive: true }).length;
      if (count > left) continue;
      left -= count;
      copyTree(join(from, name), here(`node_modules/${name}`));
    }
    copyTree(join(REPOSITORY, 'packages/server/src'), here('server/src'));
    copyTree(join(REPOSITORY, 'packages/sync/src'), here('sync/src'));
    assert.equal((await laptop.once()).code, 0);
    assert.equal((await desktop.once()).code, 0);
    const outline = laptop.outline();
    assert.deepEqual(desktop.outline(), outline);
    const kinds = [...outline.values()];
    assert.ok(kinds.length > ENTRIES);
    assert.ok(kinds.filter((what) => what.startsWith('->')).length > 20);
    assert.ok(kinds.some((what) => what.split(' ')[1] === 'x'));
  });

  test('a Git repository in use', async () => {
    const git = (...args: readonly string[]) => gitIn(here('project'), ...args);
    laptop.start();
    desktop.start();
    await mkdir(here('project'));
    git('init', '-q', '-b', 'main');
    for (let count = 0; count < COMMITS; count++) {
      if (count % 8 === 4) git('switch', '-q', '-c', `branch-${count}`);
      await writeFile(here(`project/file ${count % 5}`), `line ${count}\n`.repeat(50 + count));
      await writeFile(here(`project/only ${count}`), `${count}`);
      git('add', '-A');
      git('commit', '-q', '-m', `commit ${count}`);
      if (count % 8 === 7) {
        git('switch', '-q', 'main');
        git('merge', '-q', '--no-ff', '-m', `merge ${count}`, `branch-${count - 3}`);
      }
      if (count % 10 === 9) git('gc', '-q', '--prune=now');
      // As somebody works: the agents see states in between.
      await new Promise((done) => setTimeout(done, 60));
    }
    git('branch', '-q', '-D', 'branch-4');
    await untilStable([laptop, desktop]);
    assert.equal(gitIn(there('project'), 'fsck', '--full', '--strict', '--no-dangling'), '');
    for (const what of [
      ['log', '--all', '--format=%H %D'],
      ['status', '--porcelain'],
      ['branch'],
    ]) {
      assert.equal(gitIn(there('project'), ...what), git(...what));
    }
    assert.deepEqual(conflicts(await readdir(there('project'), { recursive: true })), []);
  });

  test('a database that is being written', async () => {
    laptop.start();
    desktop.start();
    await mkdir(here('data'));
    const args = ['--input-type=module', '--eval', WRITER, here('data/rows.db')];
    const writer = spawn(process.execPath, args, { stdio: 'inherit' });
    const exited = new Promise((done) => writer.once('exit', done));
    await until(async () => existsSync(there('data/rows.db')));
    assert.equal(await exited, 0);
    await untilStable([laptop, desktop]);
    assert.deepEqual(await readdir(there('data')), ['rows.db']);
    const copy = new DatabaseSync(there('data/rows.db'), { readOnly: true });
    assert.equal(copy.prepare('PRAGMA integrity_check').get()?.integrity_check, 'ok');
    assert.equal(copy.prepare('SELECT count(*) AS count FROM rows').get()?.count, ROWS);
    copy.close();
  });

  test('photos: taken over from a camera, turned, tagged and put into albums', async () => {
    laptop.start();
    desktop.start();
    await mkdir(here('DCIM'));
    const taken = new Date('2024-07-01T10:00:00Z');
    for (let count = 0; count < PHOTOS; count++) {
      await writeFile(here(`DCIM/IMG_${count}.JPG`), photo(`${count}`));
      await utimes(here(`DCIM/IMG_${count}.JPG`), taken, taken);
    }
    await until(() => received(there('DCIM')) > PHOTOS / 4);
    await mkdir(here('Summer'));
    for (let count = 0; count < PHOTOS; count += 2) {
      await tag(here(`DCIM/IMG_${count}.JPG`), 'rated 5 stars');
      await rename(here(`DCIM/IMG_${count}.JPG`), here(`Summer/beach ${count}.jpg`));
    }
    await rm(here('DCIM/IMG_1.JPG'));
    await writeFile(here('DCIM/IMG_3.JPG'), photo('turned'));
    await untilStable([laptop, desktop]);
    assert.equal(received(there('Summer')), PHOTOS / 2);
    assert.equal(received(there('DCIM')), PHOTOS / 2 - 1);
    assert.match(readFileSync(there('Summer/beach 2.jpg')).toString('latin1', 20, 33), /rated 5/);
    assert.deepEqual(conflicts([...desktop.outline().keys()]), []);
  });
});

function copyTree(from: string, to: string): void {
  const filter = (path: string) => !path.includes('/node_modules/.cache');
  cpSync(from, to, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true, filter });
}

function gitIn(folder: string, ...args: readonly string[]): string {
  const who = ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.org'];
  const env = { ...cleanEnvironment(), GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null' };
  return execFileSync('git', [...who, ...args], { cwd: folder, env, encoding: 'utf8' });
}

function conflicts(names: readonly string[]): string[] {
  return names.filter((name) => name.includes('conflicted copy'));
}

function received(folder: string): number {
  try {
    return readdirSync(folder).length;
  } catch {
    return 0;
  }
}

/** As large as one, as incompressible, and with a JPEG's first bytes. */
function photo(seed: string): Uint8Array {
  const head = Buffer.from('ffd8ffe000104a46494600010101006000600000', 'hex');
  return Buffer.concat([head, pseudoRandom(`photo ${seed}`, 1_500_000 + seed.length)]);
}

/** As programs write a rating into a photo: in place, the size stays. */
async function tag(path: string, text: string): Promise<void> {
  const file = await open(path, 'r+');
  await file.write(Buffer.from(text), 0, text.length, 20);
  await file.close();
}
