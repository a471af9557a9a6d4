import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { DiskError, type DiskErrorCode, type FileSystem, identityOf } from './file-system.ts';

/** A disk under test, and what other programs do on it. */
export interface DiskUnderTest {
  readonly fs: FileSystem;
  /** A program's write, in place. */
  write(path: string, content: string): void;
  /** Null for what isn't there. */
  read(path: string): string | null;
  /** As a download leaves a file: a token for `place`. */
  receive(content: string): string;
  /** Makes what was written so old that another write would show, where times are coarse. */
  settle?(path: string): void;
  /** What it can't hold. */
  readonly lacks?: DiskLacks;
  /** Contents that the agent's trash holds. */
  trashed(): readonly string[];
  close(): void;
}

export interface DiskLacks {
  readonly modes?: true;
  readonly symlinks?: true;
  /** Times beyond so many milliseconds. */
  readonly timesBelow?: number;
  readonly windowsNames?: true;
}

/** What every disk must do for the engine. */
export function fileSystemContract(name: string, open: () => DiskUnderTest): void {
  describe(`${name}, as the engine's disk`, () => {
    let disk: DiskUnderTest;
    let fs: FileSystem;
    beforeEach(() => {
      disk = open();
      fs = disk.fs;
    });
    afterEach(() => disk.close());

    const refused = async (code: DiskErrorCode, work: Promise<unknown>) => {
      await assert.rejects(work, (error) => error instanceof DiskError && error.code === code);
    };
    const lacks = () => disk.lacks ?? {};
    const writeOld = (path: string, content: string) => {
      disk.write(path, content);
      disk.settle?.(path);
    };
    const identityAt = async (path: string) => {
      const entry = await fs.look(path);
      assert.ok(entry !== null, `${path} isn't there`);
      return identityOf(entry);
    };

    test('lists what a folder holds, and answers null where there is none', async () => {
      await fs.makeFolder('folder');
      if (!lacks().symlinks) await fs.makeSymlink('link', 'folder');
      disk.write('file', 'content');
      disk.write('folder/inner', 'x');
      const entries = (await fs.list('')) ?? [];
      const kinds = entries
        .filter((entry) => entry.name !== '.valise')
        .map((entry) => `${entry.name} ${entry.kind} ${entry.size} ${entry.target ?? ''}`)
        .sort();
      const expected = ['file file 7 ', 'folder folder 0 ', 'link symlink 0 folder'];
      assert.deepEqual(kinds, expected.slice(0, lacks().symlinks ? 2 : 3));
      assert.equal(await fs.list('nowhere'), null);
      assert.equal(await fs.list('file'), null);
      assert.equal(await fs.list('link'), null, 'a symlink is never followed');
      assert.equal(await fs.look('nowhere'), null);
      assert.equal((await fs.look('folder/inner'))?.name, 'inner');
    });

    test('shows every write in the identity, and leaves it alone without one', async () => {
      writeOld('a', 'one');
      const before = await identityAt('a');
      assert.equal(await identityAt('a'), before);
      disk.write('a', 'two');
      const after = await identityAt('a');
      assert.notEqual(after, before, 'of equal size, within one tick of the clock');
    });

    test('makes nothing where something is', async () => {
      disk.write('a', '1');
      await refused('occupied', fs.makeFolder('a'));
      if (!lacks().symlinks) await refused('occupied', fs.makeSymlink('a', 'b'));
      await refused('missing', fs.makeFolder('nowhere/b'));
      assert.equal(disk.read('a'), '1');
    });

    test('says what it can’t hold, and has nothing of it then', async () => {
      if (lacks().symlinks) await refused('refused', fs.makeSymlink('link', 'b'));
      const names = lacks().windowsNames ? ['a:b', 'CON', 'nul.txt', 'dot.', 'space '] : [];
      disk.write('a', '1');
      for (const name of names) {
        await refused('refused', fs.makeFolder(name));
        await refused('refused', fs.move('a', name));
        await refused('refused', fs.place(disk.receive('x'), name, { replaces: null }));
      }
      const listed = (await fs.list('')) ?? [];
      const there = listed.map(({ name }) => name).filter((name) => name !== '.valise');
      assert.deepEqual(there, ['a']);
    });

    test('is another name’s place where only the case changes', async () => {
      writeOld('a', '1');
      assert.equal((await fs.move('a', 'A')).name, 'A');
      const names = (await fs.list(''))?.map(({ name }) => name);
      assert.ok(names?.includes('A') && !names.includes('a'));
      assert.equal(disk.read('A'), '1');
    });

    test('moves without reading: same inode, same stamp; overwrites nothing', async () => {
      writeOld('a', '1');
      writeOld('b', '2');
      await fs.makeFolder('folder');
      const before = await fs.look('a');
      const moved = await fs.move('a', 'folder/c');
      assert.equal(moved.inode, before?.inode);
      assert.equal(moved.stamp, before?.stamp);
      assert.equal(await fs.look('a'), null);
      await refused('occupied', fs.move('folder/c', 'b'));
      await refused('missing', fs.move('nowhere', 'd'));
      assert.equal(disk.read('b'), '2');
      assert.equal(disk.read('folder/c'), '1');
    });

    test('moves a folder with all below it', async () => {
      await fs.makeFolder('old');
      writeOld('old/a', '1');
      const inner = await identityAt('old/a');
      await fs.move('old', 'new');
      assert.equal(await identityAt('new/a'), inner);
      assert.equal(await fs.look('old'), null);
    });

    test('keeps in the trash what it takes away', async () => {
      await fs.makeFolder('folder');
      disk.write('folder/a', 'in a folder');
      disk.write('b', 'alone');
      await fs.trash('folder');
      await fs.trash('b');
      assert.equal(await fs.look('folder'), null);
      assert.equal(await fs.look('b'), null);
      assert.deepEqual([...disk.trashed()].sort(), ['alone', 'in a folder']);
      await refused('missing', fs.trash('nowhere'));
    });

    test('sets time and mode, and nothing else', async () => {
      disk.write('a', '1');
      const meta = { modifiedAt: 1_600_000_001_250, executable: true };
      const entry = await fs.setMeta('a', meta);
      const step = lacks().timesBelow ?? 1;
      assert.equal(entry.modifiedAt, Math.floor(meta.modifiedAt / step) * step);
      assert.equal(entry.executable, lacks().modes ? null : true);
      const plain = await fs.setMeta('a', { ...meta, executable: false });
      assert.equal(plain.executable, lacks().modes ? null : false);
      assert.equal(disk.read('a'), '1');
      await refused('missing', fs.setMeta('nowhere', meta));
    });

    test('puts a received file into a free place only', async () => {
      const { entry, isUntouched } = await fs.place(disk.receive('new'), 'a', { replaces: null });
      assert.equal(isUntouched, true);
      assert.equal(entry.kind, 'file');
      assert.equal(identityOf(entry), await identityAt('a'));
      assert.equal(disk.read('a'), 'new');
      await refused('occupied', fs.place(disk.receive('other'), 'a', { replaces: null }));
      await refused('missing', fs.place(disk.receive('other'), 'nowhere/a', { replaces: null }));
      assert.equal(disk.read('a'), 'new');
    });

    for (const there of [false, true]) {
      test(`tells what is written over it at once, ${there ? 'replaced' : 'new'}`, async () => {
        if (there) writeOld('a', 'old');
        const replaces = there ? await identityAt('a') : null;
        const placing = fs.place(disk.receive('one'), 'a', { replaces });
        while (disk.read('a') !== 'one') await new Promise(setImmediate);
        disk.write('a', 'two');
        const { entry, isUntouched } = await placing;
        // Either it says so, or what it says is seen not to be so any more.
        const isShown = entry.stamp === (await fs.look('a'))?.stamp;
        assert.notEqual(isUntouched, isShown);
        assert.equal(disk.read('a'), 'two');
      });
    }

    test('replaces exactly the file that was meant', async () => {
      writeOld('a', 'known');
      const replaces = await identityAt('a');
      disk.write('a', 'wrote');
      await refused('changed', fs.place(disk.receive('late'), 'a', { replaces }));
      assert.equal(disk.read('a'), 'wrote');
      disk.settle?.('a');
      await fs.place(disk.receive('right'), 'a', { replaces: await identityAt('a') });
      assert.equal(disk.read('a'), 'right');
      await refused('changed', fs.place(disk.receive('late'), 'gone', { replaces }));
      assert.equal(disk.read('gone'), null);
    });
  });
}
