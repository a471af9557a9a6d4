import assert from 'node:assert/strict';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { type DiskUnderTest, fileSystemContract } from '../ports/file-system.contract.ts';
import { DiskError, type FileSystem } from '../ports/file-system.ts';
import { IgnoreRules } from './ignore-rules.ts';
import { makeOwnFolders, nodeFileSystem, type OwnFolders } from './node-file-system.ts';

describe('a real disk', () => {
  let root: string;
  let own: OwnFolders;
  let fs: FileSystem;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'valise-disk-'));
    own = makeOwnFolders(root);
    fs = nodeFileSystem(root, own);
  });
  afterEach(() => rmSync(root, { recursive: true }));
  const refuses = (code: string) => (error: unknown) =>
    error instanceof DiskError && error.code === code;
  const receive = (content: string) => {
    const path = join(own.received, 'new');
    writeFileSync(path, content);
    return path;
  };

  test('a received file takes a free place, and refuses a taken one', async () => {
    await fs.place(receive('1'), 'a', { replaces: null });
    assert.equal(readFileSync(join(root, 'a'), 'utf8'), '1');
    assert.deepEqual(readdirSync(own.received), []);
    await assert.rejects(fs.place(receive('2'), 'a', { replaces: null }), refuses('occupied'));
    assert.equal(readFileSync(join(root, 'a'), 'utf8'), '1');
  });

  test('a move keeps the inode and overwrites nothing; the trash keeps everything', async () => {
    writeFileSync(join(root, 'a'), '1');
    writeFileSync(join(root, 'b'), '2');
    await assert.rejects(fs.move('a', 'b'), refuses('occupied'));
    const before = await fs.look('a');
    assert.equal((await fs.move('a', 'c')).inode, before?.inode);
    await fs.trash('c');
    writeFileSync(join(root, 'c'), 'another');
    await fs.trash('c');
    const [day = ''] = readdirSync(own.trash);
    assert.deepEqual(readdirSync(join(own.trash, day)).sort(), ['2 c', 'c']);
    await assert.rejects(fs.trash('c'), refuses('missing'));
  });

  test('ignore rules hold at every depth, the deepest decides', async () => {
    await fs.makeFolder('sub');
    writeFileSync(join(root, '.valiseignore'), '*.log\n/build/\n');
    writeFileSync(join(root, 'sub', '.valiseignore'), '!keep.log\n');
    const rules = new IgnoreRules(root);
    assert.equal(rules.isIgnored('deep/er/a.log', false), true);
    assert.equal(rules.isIgnored('sub/keep.log', false), false);
    assert.equal(rules.isIgnored('build', true), true);
    assert.equal(rules.isIgnored('build/x/y', false), true);
    assert.equal(rules.isIgnored('sub/build', true), false);
  });
});

function openDisk(): DiskUnderTest {
  const root = mkdtempSync(join(tmpdir(), 'valise-disk-'));
  const own = makeOwnFolders(root);
  let count = 0;
  return {
    fs: nodeFileSystem(root, own),
    write: (path, content) => writeFileSync(join(root, path), content),
    read: (path) => (existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : null),
    receive(content) {
      count++;
      const path = join(own.received, `${count}`);
      writeFileSync(path, content);
      return path;
    },
    trashed: () =>
      readdirSync(own.trash, { recursive: true })
        .map((path) => join(own.trash, `${path}`))
        .filter((path) => statSync(path).isFile())
        .map((path) => readFileSync(path, 'utf8')),
    close: () => rmSync(root, { recursive: true }),
  };
}

fileSystemContract('a real disk', openDisk);
