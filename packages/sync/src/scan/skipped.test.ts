import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import type { LocalPath } from '../ports/file-system.ts';
import { Scanned } from '../testing/scanned.ts';
import { ROOT } from '../tree/node.ts';
import { SHARED } from '../tree/shared-folder.ts';

describe('what a scan leaves out', () => {
  let scanned: Scanned;
  beforeEach(() => {
    scanned = new Scanned();
  });

  test('of names that differ only in case the known one stays, the other is told', async () => {
    const { disk } = scanned;
    disk.write('b', '1');
    await scanned.all();
    disk.write('B', '2');
    await scanned.only(ROOT);
    assert.deepEqual([...scanned.nodes().keys()], ['b']);
    assert.deepEqual(scanned.skipped.get(ROOT), [{ path: 'B', reason: 'case-twin' }]);
    disk.remove('b');
    await scanned.only(ROOT);
    assert.deepEqual([...scanned.nodes().keys()], ['B']);
    assert.deepEqual(scanned.skipped.get(ROOT), []);
  });

  test('of names that differ only in case the server’s stays, as long as nothing was agreed on', async () => {
    const { disk, state } = scanned;
    disk.write('b', '1');
    disk.write('B', '2');
    await scanned.all();
    assert.deepEqual([...scanned.nodes().keys()], ['B']);
    const there = scanned.at('B');
    const server = { version: 1, writable: true, owner: '', share: null, content: '1' };
    state.update((trees) => trees.remote.set({ ...there, ...server, name: 'b' }));
    await scanned.only(ROOT);
    assert.deepEqual([...scanned.nodes().keys()], ['b']);
    assert.deepEqual(scanned.skipped.get(ROOT), [{ path: 'B', reason: 'case-twin' }]);
    scanned.agree();
    const agreed = scanned.at('b');
    state.update((trees) => trees.remote.set({ ...agreed, ...server, name: 'B' }));
    await scanned.only(ROOT);
    assert.deepEqual([...scanned.nodes().keys()], ['b']);
  });

  test('what is marked as a share is not the one that stays out', async () => {
    const { disk, marks } = scanned;
    const inodeOf = (path: LocalPath) => disk.look(path)?.inode ?? '';
    disk.makeFolder('Shared with me');
    disk.write('Shared with me/plan', '1');
    marks.set(inodeOf('Shared with me'), SHARED);
    marks.set(inodeOf('Shared with me/plan'), 'share');
    disk.write('Shared with me/PLAN', '2');
    await scanned.all();
    assert.equal(scanned.at('Shared with me/plan').id, 'share');
    assert.deepEqual(scanned.skipped.get(SHARED), [
      { path: 'Shared with me/PLAN', reason: 'case-twin' },
    ]);
  });

  test('a folder that nobody may read is told, and what was known of it stays', async () => {
    const it = new Scanned();
    it.disk.makeFolder('f');
    it.disk.makeFolder('f/locked');
    it.disk.write('f/locked/a', '1');
    await it.all();
    const locked = it.at('f/locked').id;
    it.locked.add('f/locked');
    it.disk.write('f/b', '2');
    await it.all();
    await it.only(locked);
    assert.deepEqual([...it.nodes().keys()].sort(), ['f', 'f/b', 'f/locked', 'f/locked/a']);
    assert.deepEqual(it.skipped.get(locked), [{ path: 'f/locked', reason: 'unreadable' }]);
    it.locked.clear();
    it.disk.remove('f/locked/a');
    await it.all();
    assert.deepEqual([...it.nodes().keys()].sort(), ['f', 'f/b', 'f/locked']);
    assert.deepEqual(it.skipped.get(locked), []);
  });

  test('names that the server would not take stay out and are told', async () => {
    const { disk } = scanned;
    disk.write('line\nbreak', '1');
    disk.makeFolder('folder');
    disk.write('folder/.valise', '2');
    disk.makeFolder('.valise');
    disk.write('.valise/root.json', '{}');
    await scanned.all();
    assert.deepEqual([...scanned.nodes().keys()], ['folder']);
    assert.deepEqual(scanned.skipped.get(ROOT), [{ path: 'line\nbreak', reason: 'name' }]);
    const inFolder = scanned.skipped.get(scanned.at('folder').id);
    assert.deepEqual(inFolder, [{ path: 'folder/.valise', reason: 'name' }]);
  });

  test('what is ignored leaves the tree, not the disk', async () => {
    const { disk } = scanned;
    disk.makeFolder('build');
    disk.write('build/a', '1');
    await scanned.all();
    scanned.ignored.add('build');
    await scanned.all();
    assert.equal(scanned.nodes().size, 0);
    assert.equal(disk.read('build/a'), '1');
  });
});
