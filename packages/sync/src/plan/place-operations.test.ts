import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readTriple, type TripleText } from '../testing/triple-text.ts';
import { plan } from './plan.ts';

function operationsOf(text: TripleText): readonly string[] {
  const trees = readTriple(text);
  const ids = [...trees.remote.all()].map(({ id }) => id);
  const { operations } = plan(trees, ids, {
    isIgnored: () => false,
    isDeselected: () => false,
    conflictName: (name) => name,
  });
  return operations.map(({ kind, id }) => `${kind} ${id}`).sort();
}

test('what goes into a folder doesn’t wait for that folder’s new name', () => {
  // Something that isn't synced may be in that name's way for ever.
  const before = [
    { id: 'folder', name: 'A', kind: 'folder' },
    { id: 'file', name: 'b', content: '1' },
  ] as const;
  const text = {
    remote: [
      { id: 'folder', name: 'a', kind: 'folder' },
      { id: 'file', in: 'folder', name: 'b', content: '1' },
    ],
    local: before,
    synced: before,
  } as const;
  assert.deepEqual(operationsOf(text), ['local-move file', 'local-move folder']);
});

test('it waits until that folder is where it belongs', () => {
  const before = [
    { id: 'one', name: 'one', kind: 'folder' },
    { id: 'two', name: 'two', kind: 'folder' },
    { id: 'three', in: 'one', name: 'three', kind: 'folder' },
  ] as const;
  const text = {
    remote: [
      { id: 'two', name: 'two', kind: 'folder' },
      { id: 'three', in: 'two', name: 'three', kind: 'folder' },
      { id: 'one', in: 'three', name: 'one', kind: 'folder' },
    ],
    local: before,
    synced: before,
  } as const;
  assert.deepEqual(operationsOf(text), ['local-move three']);
});
