import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChangeEvent, File } from '@valise/core/wire';
import { KnownFiles } from './known-files.ts';

const file = (id: string, name: string, more: Partial<File> = {}): ChangeEvent => {
  return { type: 'upsert', file: { id, name, parentId: null, sharedRoot: false, ...more } as File };
};

test('changes are told by path: added, changed, moved, removed', () => {
  const known = new KnownFiles();
  assert.deepEqual(known.see(file('d', 'docs')), { action: 'added', path: '/docs' });
  const inside = { parentId: 'd' };
  assert.deepEqual(known.see(file('a', 'a.txt', inside)), { action: 'added', path: '/docs/a.txt' });
  assert.deepEqual(known.see(file('a', 'a.txt', inside)), {
    action: 'changed',
    path: '/docs/a.txt',
  });
  known.see(file('d', 'papers'));
  assert.deepEqual(known.see(file('a', 'b.txt')), {
    action: 'moved',
    path: '/b.txt',
    from: '/papers/a.txt',
  });
  const gone: ChangeEvent = { type: 'remove', fileId: 'a', reason: 'deleted' };
  assert.deepEqual(known.see(gone), { action: 'removed', path: '/b.txt' });
  assert.deepEqual(known.see(file('a', 'b.txt')), { action: 'added', path: '/b.txt' });
  const unknown: ChangeEvent = { ...gone, fileId: 'zz' };
  assert.deepEqual(known.see(unknown), { action: 'removed', path: '/zz' });
});

test('what others share is below its own folder', () => {
  const known = new KnownFiles();
  known.see(file('s', 'plans', { sharedRoot: true }));
  const { path } = known.see(file('x', 'x.txt', { parentId: 's' }));
  assert.equal(path, '/Shared with me/plans/x.txt');
});
