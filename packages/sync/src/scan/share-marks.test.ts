import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DiskEntry } from '../ports/file-system.ts';
import type { LocalNode } from '../tree/node.ts';
import { SHARED } from '../tree/shared-folder.ts';
import type { Match } from './match-entries.ts';
import { matchMarked } from './share-marks.ts';

const file = {
  kind: 'file',
  size: 1,
  modifiedAt: 1,
  executable: false,
  stamp: '',
  ctime: '',
} as const;
const marks = { idOf: (inode: string) => (inode === 'marked' ? 'share' : undefined) };

function missed(id: string): LocalNode {
  const place = { parentId: SHARED, name: 'plan', key: 'plan', diskName: 'plan' };
  return { ...file, ...place, id, inode: 'old', content: 'x' };
}

function entry(name: string, inode: string): Match {
  const found: DiskEntry = { ...file, name, inode };
  return { entry: found, node: undefined };
}

test('what was found by its mark isn’t missed any more', () => {
  const found = [entry('renamed', 'marked'), entry('other', '1')];
  const missing = [missed('share'), missed('gone')];
  const matched = matchMarked(marks, { found, missing }, SHARED);
  assert.deepEqual(
    matched.found.map(({ node }) => node?.id),
    ['share', undefined],
  );
  assert.deepEqual(
    matched.missing.map(({ id }) => id),
    ['gone'],
  );
});

test('of two hard links one is the share', () => {
  const found = [entry('one', 'marked'), entry('two', 'marked')];
  const matched = matchMarked(marks, { found, missing: [missed('share')] }, SHARED);
  assert.deepEqual(
    matched.found.map(({ node }) => node?.id),
    ['share', undefined],
  );
});
