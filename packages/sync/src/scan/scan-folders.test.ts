import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { PLAIN_DISK } from '../fakes/disk-traits.ts';
import type { LocalPath } from '../ports/file-system.ts';
import { Scanned } from '../testing/scanned.ts';
import { ROOT } from '../tree/node.ts';
import { SHARED } from '../tree/shared-folder.ts';

describe('a scan', () => {
  let scanned: Scanned;
  beforeEach(() => {
    scanned = new Scanned();
  });

  test('takes in what is there, and a second one finds nothing new', async () => {
    const { disk } = scanned;
    disk.makeFolder('folder');
    disk.makeFolder('folder/deep');
    disk.write('folder/deep/a', 'content');
    disk.makeSymlink('link', 'folder');
    await scanned.all();
    assert.deepEqual([...scanned.nodes().keys()].sort(), [
      'folder',
      'folder/deep',
      'folder/deep/a',
      'link',
    ]);
    assert.equal(scanned.at('folder/deep/a').content, null, 'nobody has looked at it');
    assert.equal(scanned.at('link').content, '->folder');
    const before = scanned.nodes();
    await scanned.all();
    assert.equal(scanned.ids, 4);
    assert.deepEqual(scanned.nodes(), before);
  });

  test('an edit makes the content unknown, one without a trace in size and time too', async () => {
    const { disk } = scanned;
    disk.write('a', 'one');
    await scanned.all();
    scanned.agree();
    const { id } = scanned.at('a');
    disk.write('a', 'two');
    await scanned.only(ROOT);
    assert.equal(scanned.at('a').id, id);
    assert.equal(scanned.at('a').content, null);
  });

  for (const order of [
    ['from', 'to'],
    ['to', 'from'],
  ] as const) {
    test(`a file moved between folders keeps its id, looked at ${order[0]} first`, async () => {
      const { disk } = scanned;
      disk.makeFolder('from');
      disk.makeFolder('to');
      disk.write('from/a', '1');
      await scanned.all();
      const { id } = scanned.at('from/a');
      disk.move('from/a', 'to/b');
      await scanned.only(...order.map((path) => scanned.at(path).id));
      assert.equal(scanned.at('to/b').id, id);
      assert.equal(scanned.nodes().size, 3);
    });
  }

  test('what is missed is looked for in the folders that wait, too', async () => {
    const { disk } = scanned;
    for (const path of ['from', 'to', 'elsewhere']) disk.makeFolder(path);
    disk.write('from/a', '1');
    disk.write('from/b', '2');
    disk.write('elsewhere/stays', '3');
    await scanned.all();
    const { id } = scanned.at('from/a');
    const b = scanned.at('from/b').id;
    disk.move('from/a', 'to/a');
    disk.makeFolder('to/new');
    disk.move('from/b', 'to/new/b');
    disk.remove('elsewhere/stays');
    disk.makeSymlink('elsewhere/stays', 'a');
    disk.write('elsewhere/new', '4');
    scanned.waiting = ['to', 'elsewhere'].map((path) => scanned.at(path).id);
    await scanned.only(scanned.at('from').id);
    assert.equal(scanned.at('to/a').id, id);
    assert.equal(scanned.at('to/new/b').id, b);
    const elsewhere = scanned.state.trees.local.children(scanned.at('elsewhere').id);
    const names = elsewhere.map(({ name, kind }) => `${name}: ${kind}`);
    assert.deepEqual(names, ['stays: file'], 'all else there is taken in in its own time');
  });

  test('so is what lay in a folder that is missed', async () => {
    const { disk } = scanned;
    for (const path of ['from', 'from/deep', 'to']) disk.makeFolder(path);
    disk.write('from/deep/a', '1');
    disk.write('from/b', '2');
    await scanned.all();
    const { id } = scanned.at('from/deep/a');
    disk.move('from/deep/a', 'to/a');
    disk.remove('from');
    scanned.waiting = [scanned.at('to').id];
    await scanned.only(ROOT);
    assert.equal(scanned.at('to/a').id, id);
    assert.deepEqual([...scanned.nodes().keys()], ['to', 'to/a']);
  });

  test('what went is gone, whatever waits', async () => {
    const { disk } = scanned;
    for (const path of ['from', 'to']) disk.makeFolder(path);
    disk.write('from/a', '1');
    await scanned.all();
    disk.remove('from/a');
    scanned.waiting = [scanned.at('from').id, scanned.at('to').id];
    await scanned.only(scanned.at('from').id);
    assert.deepEqual([...scanned.nodes().keys()], ['from', 'to']);
  });

  test('a folder renamed keeps the ids of all below it', async () => {
    const { disk } = scanned;
    disk.makeFolder('old');
    disk.makeFolder('old/deep');
    disk.write('old/deep/a', '1');
    await scanned.all();
    const { id } = scanned.at('old/deep/a');
    disk.move('old', 'new');
    await scanned.only(ROOT);
    assert.equal(scanned.at('new/deep/a').id, id);
    assert.equal(scanned.ids, 3);
  });

  test('what went is taken out, a folder with all below it', async () => {
    const { disk } = scanned;
    disk.makeFolder('folder');
    disk.write('folder/a', '1');
    disk.write('b', '2');
    await scanned.all();
    disk.remove('folder');
    await scanned.only(ROOT);
    assert.deepEqual([...scanned.nodes().keys()], ['b']);
  });

  test('a folder that went is told by the one above it', async () => {
    const { disk } = scanned;
    disk.makeFolder('folder');
    disk.makeFolder('folder/deep');
    await scanned.all();
    const deep = scanned.at('folder/deep').id;
    disk.remove('folder');
    await scanned.only(deep);
    assert.equal(scanned.nodes().size, 0);
  });

  test('a file saved by writing anew and renaming over it was edited', async () => {
    const { disk } = scanned;
    disk.write('a', 'first');
    await scanned.all();
    scanned.agree();
    const { id } = scanned.at('a');
    disk.write('a.draft', 'second');
    await scanned.all();
    disk.remove('a');
    disk.move('a.draft', 'a');
    await scanned.all();
    assert.equal(scanned.at('a').id, id);
    assert.equal(scanned.at('a').content, null);
    assert.equal(scanned.nodes().size, 1);
  });

  test('two names swapped are two moves', async () => {
    const { disk } = scanned;
    disk.write('a', '1');
    scanned.later();
    disk.write('b', '22');
    await scanned.all();
    scanned.agree();
    const [a, b] = [scanned.at('a').id, scanned.at('b').id];
    disk.move('a', 'c');
    disk.move('b', 'a');
    disk.move('c', 'b');
    await scanned.only(ROOT);
    assert.equal(scanned.at('a').id, b);
    assert.equal(scanned.at('b').id, a);
  });

  test('a node that had gone unseen before another came to its name is taken out', async () => {
    const { disk, state } = scanned;
    disk.write('a', 'stale');
    await scanned.all();
    const stale = scanned.at('a');
    disk.remove('a');
    disk.write('a', 'received');
    const inode = disk.look('a')?.inode ?? '';
    for (const id of ['z-received', '0-received']) {
      state.update((trees) => trees.local.set({ ...stale, id, inode }));
      await scanned.only(ROOT);
      const left = state.trees.local.children(ROOT).map((node) => node.id);
      assert.deepEqual(left, [id]);
      state.update((trees) => {
        trees.local.delete(id);
        trees.local.set(stale);
      });
    }
  });

  test('a folder where a file was is another node', async () => {
    const { disk } = scanned;
    disk.write('a', '1');
    await scanned.all();
    const { id } = scanned.at('a');
    disk.remove('a');
    disk.makeFolder('a');
    disk.write('a/b', '2');
    await scanned.only(ROOT);
    assert.notEqual(scanned.at('a').id, id);
    assert.equal(scanned.at('a/b').kind, 'file');
  });

  test('a share is known by its mark, under another name and with other content, too', async () => {
    const { disk, marks } = scanned;
    const inodeOf = (path: LocalPath) => disk.look(path)?.inode ?? '';
    disk.makeFolder('Shared with me');
    disk.write('Shared with me/plan', '1');
    marks.set(inodeOf('Shared with me'), SHARED);
    marks.set(inodeOf('Shared with me/plan'), 'share');
    await scanned.all();
    // As an agent finds it whose memory is older than its last deeds.
    disk.remove('Shared with me/plan');
    disk.write('Shared with me/renamed', 'other');
    marks.set(inodeOf('Shared with me/renamed'), 'share');
    await scanned.all();
    assert.equal(scanned.at('Shared with me/renamed').id, 'share');
    assert.equal(scanned.nodes().size, 2);
  });

  test('on a disk that decomposes names the tree has them composed', async () => {
    const mac = new Scanned({
      ...PLAIN_DISK,
      ignoresCase: true,
      decomposes: true,
      timeStep: 1_000,
    });
    mac.disk.write('\u00e9t\u00e9', '1');
    await mac.all();
    const [node] = mac.nodes().values();
    assert.equal(node?.name, '\u00e9t\u00e9');
    assert.equal(node?.diskName, '\u00e9t\u00e9'.normalize('NFD'));
    await mac.all();
    assert.equal(mac.ids, 1);
  });
});
