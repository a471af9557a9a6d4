import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { DISKS } from '../fakes/disk-traits.ts';
import { Scanned } from '../testing/scanned.ts';

describe('a scan of a disk that numbers no files', () => {
  let scanned: Scanned;
  beforeEach(async () => {
    scanned = new Scanned(DISKS['of FAT kind']);
    const { disk } = scanned;
    for (const name of ['one', 'two']) {
      disk.makeFolder(name);
      disk.write(`${name}/file`, name);
    }
    scanned.later();
    await scanned.all();
    scanned.agree();
  });

  test('finds nothing new a second time, and knows each by its place', async () => {
    const before = scanned.nodes();
    await scanned.all();
    assert.deepEqual(scanned.nodes(), before);
  });

  test('what was moved went and is new', async () => {
    const moved = scanned.at('one/file').id;
    const stays = scanned.at('two/file').id;
    scanned.disk.move('one/file', 'two/moved');
    await scanned.all();
    assert.deepEqual([...scanned.nodes().keys()].sort(), ['one', 'two', 'two/file', 'two/moved']);
    assert.notEqual(scanned.at('two/moved').id, moved);
    assert.equal(scanned.at('two/moved').content, null);
    assert.equal(scanned.at('two/file').id, stays);
  });

  test('another spelling is the same file', async () => {
    const { id, content } = scanned.at('one/file');
    scanned.disk.move('one/file', 'one/FILE');
    await scanned.all();
    assert.equal(scanned.at('one/FILE').id, id);
    assert.equal(scanned.at('one/FILE').content, content);
  });

  test('a file written just now has content that nobody knows, at every look', async () => {
    scanned.disk.write('one/file', 'new');
    await scanned.all();
    scanned.agree();
    await scanned.all();
    assert.equal(scanned.at('one/file').content, null);
    scanned.later();
    await scanned.all();
    scanned.agree();
    await scanned.all();
    assert.notEqual(scanned.at('one/file').content, null);
  });
});
