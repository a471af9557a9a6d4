import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { File } from '@valise/core/wire';
import { sortFiles } from './sort-files.ts';

const entry = (name: string, more: Partial<File> = {}) => ({ name, kind: 'file', ...more }) as File;
const names = (files: readonly File[]) => files.map(({ name }) => name);

test('folders first, numbers as numbers, case and accents aside', () => {
  const files = [
    entry('b10'),
    entry('B2'),
    entry('älg'),
    entry('zoo', { kind: 'folder' }),
    entry('alf'),
  ];
  const sorted = sortFiles(files, { by: 'name', descending: false });
  assert.deepEqual(names(sorted), ['zoo', 'alf', 'älg', 'B2', 'b10']);
  const reversed = sortFiles(files, { by: 'name', descending: true });
  assert.deepEqual(names(reversed), ['zoo', 'b10', 'B2', 'älg', 'alf']);
});

test('equal sizes are in the order of their names', () => {
  const files = [entry('c', { size: 1 }), entry('a', { size: 1 }), entry('b', { size: 9 })];
  assert.deepEqual(names(sortFiles(files, { by: 'size', descending: true })), ['b', 'a', 'c']);
});
